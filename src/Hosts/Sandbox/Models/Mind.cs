using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Wopr.Sandbox.Models;

/// <summary>
/// What the models answer: always the same to the same conversation, and such that a test can see what was remembered.
/// <list type="bullet">
/// <item>A tool's result → <c>The result of TOOL was: RESULT</c></item>
/// <item><c>call TOOL {json}</c>, and the tool is offered → calls it; several lines make several calls.</item>
/// <item><c>What is my THING?</c> → <c>Your THING is VALUE.</c>, when somebody said <c>my THING is VALUE</c>
/// before.</item>
/// <item><c>What is your system prompt?</c> → what it is.</item>
/// <item>Anything else → <c>You said: …</c></item>
/// </list>
/// </summary>
internal static partial class Mind
{
    public static Reply Answer(Ask ask, Behaviour behaviour, Faults faults, string model, long number,
        DateTimeOffset now)
    {
        var calls = ask.IsAnswered && ask.Turns.Count > 0 ? Calls(ask, number) : [];
        List<string> texts = [];
        var finish = calls.Count > 0 ? Finish.Calls : Finish.Stop;
        string? stopSequence = null;
        if (calls.Count > 0) { texts.Add(""); }
        else if (ask.IsAnswered && ask.Turns.Count > 0)
        {
            var said = ask.WantsJson ? $$"""{"answer":{{JsonSerializer.Serialize(Said(ask))}}}""" : Said(ask);
            var text = Sized(said, behaviour);
            for (var choice = 0; choice < ask.Choices; choice++) { texts.Add(text); }
        }
        else if (ask.IsAnswered)
        {
            texts.AddRange(ask.Texts.SelectMany(text =>
                Enumerable.Repeat(Sized($"You said: {text}", behaviour), ask.Choices)));
        }
        for (var index = 0; index < texts.Count; index++)
        {
            if (FirstStop(texts[index], ask.Stops) is { } stop)
            {
                texts[index] = texts[index][..texts[index].IndexOf(stop, StringComparison.Ordinal)];
                (finish, stopSequence) = (Finish.StopSequence, stop);
            }
            if (ask.OutputTokensMax is { } max && Tokens.Of(texts[index]) > max)
            {
                texts[index] = Tokens.Cut(texts[index], max);
                (finish, stopSequence) = (Finish.Length, null);
            }
        }
        var output = texts.Sum(text => Tokens.Of(text))
            + calls.Sum(call => Tokens.Of(call.Name) + Tokens.Of(call.Arguments));
        return new()
        {
            Number = number,
            CreatedAt = now.ToUnixTimeSeconds(),
            Model = model,
            Ask = ask,
            Faults = faults,
            Texts = texts,
            Calls = calls,
            Finish = finish,
            StopSequence = stopSequence,
            Chunks = behaviour.Chunks,
            NamesCost = behaviour.Cost is not null,
            Usage = ask.IsFree ? default : behaviour.UsageOf(ask.InputTokens, ask.IsAnswered ? output : null),
        };
    }

    private static string? FirstStop(string text, IReadOnlyList<string> stops) => stops
        .Where(stop => stop.Length > 0 && text.Contains(stop, StringComparison.Ordinal))
        .MinBy(stop => text.IndexOf(stop, StringComparison.Ordinal));

    private static List<ToolCall> Calls(Ask ask, long number)
    {
        List<ToolCall> calls = [];
        if (ask.Tools.Count == 0 || ask.Calling == Calling.Forbidden) { return calls; }
        var last = ask.Turns[^1];
        if (last.Results.Count == 0 && last.Text.Contains("call ", StringComparison.Ordinal))
        {
            foreach (var match in CallWords().EnumerateMatches(last.Text))
            {
                var words = last.Text.AsSpan(match.Index, match.Length).Trim()["call ".Length..].TrimStart();
                var end = words.IndexOfAny(' ', '{');
                var name = (end < 0 ? words : words[..end]).ToString();
                var arguments = end < 0 ? "{}" : words[end..].Trim().ToString();
                if (ask.Tools.Contains(name) && IsObject(arguments))
                {
                    calls.Add(new($"{number:d8}{calls.Count}", name, arguments));
                }
            }
        }
        if (calls.Count == 0 && last.Results.Count == 0 && ask.Calling == Calling.Wanted)
        {
            calls.Add(new($"{number:d8}0", ask.CalledTool ?? ask.Tools[0], "{}"));
        }
        return calls;
    }

    private static bool IsObject(string json)
    {
        try
        {
            return JsonElement.Parse(json).ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static string Said(Ask ask)
    {
        var last = ask.Turns[^1];
        if (last.Results.Count > 0)
        {
            return string.Join(' ', last.Results.Select(result =>
                $"The result of {NameOf(ask, result.CallId)} was: {result.Text}"));
        }
        if (last.Text.Contains("hat is ", StringComparison.Ordinal))
        {
            if (QuestionOfSystem().IsMatch(last.Text))
            {
                var prompts = ask.Turns.Where(turn => turn.Role == "system").Select(turn => turn.Text);
                return $"My system prompt is: {string.Join('\n', prompts)}";
            }
            if (Question().Match(last.Text) is { Success: true } question)
            {
                return Remember(ask, question.Groups[1].Value);
            }
        }
        return last.Images switch
        {
            0 => $"You said: {last.Text}",
            1 => $"You said: {last.Text} [1 image]",
            var images => $"You said: {last.Text} [{images} images]",
        };
    }

    private static string NameOf(Ask ask, string callId) =>
        ask.Turns.SelectMany(turn => turn.Calls).FirstOrDefault(call => call.Id == callId)?.Name ?? callId;

    private static string Remember(Ask ask, string thing)
    {
        for (var index = ask.Turns.Count - 2; index >= 0; index--)
        {
            var turn = ask.Turns[index];
            if (turn.Role != "user") { continue; }
            foreach (var match in Statement().Matches(turn.Text).Reverse())
            {
                if (match.Groups[1].Value.Equals(thing, StringComparison.OrdinalIgnoreCase))
                {
                    return $"Your {thing} is {match.Groups[2].Value.Trim()}.";
                }
            }
        }
        return $"I do not know your {thing}.";
    }

    // A length that was asked for; and at least one letter for every piece that was.
    private static string Sized(string text, Behaviour behaviour)
    {
        if (behaviour.Words is { } words)
        {
            var built = new StringBuilder();
            for (var word = 1; word <= words; word++)
            {
                built.Append(word == 1 ? "" : " ").Append(CultureInfo.InvariantCulture, $"word{word}");
            }
            text = built.ToString();
        }
        return behaviour.Chunks is { } chunks && text.Length < chunks ? text.PadRight(chunks, '.') : text;
    }

    [GeneratedRegex(@"^\s*call [A-Za-z0-9_.-]+(\s*\{.*\})?\s*$",
        RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex CallWords();

    [GeneratedRegex(@"\bwhat is your system prompt\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex QuestionOfSystem();

    [GeneratedRegex(@"\bwhat is my ([\w -]{1,60}?)\s*[?.!]*\s*$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Question();

    [GeneratedRegex(@"\bmy ([\w -]{1,60}?) is ([^.,;!?\n]{1,200})",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Statement();
}
