using Wopr.Bot.Memory;
using Wopr.Bot.Model;
using Wopr.Bot.Prompts;
using Wopr.Bot.Sessions;
using Wopr.Protocol;

namespace Wopr.Bot.Turns;

/// <summary>One turn: the model is asked, its tools are used, until it has said what it has to say.</summary>
internal sealed class TurnRunner(PromptBuilder prompts, ChatClient model, ToolBox box, TimeProvider time)
{
    private const int RoundsMax = 16;
    private const long TokensMax = 400_000;
    private const string TooManyTools = "The model used its tools too often without an answer. Try again, or ask for less at once.";
    private const string TooManyTokens = "This used 400,000 tokens without an answer and was stopped. Ask for less at once.";

    public async Task<TurnOutcome> RunAsync(Turn turn, CancellationToken ct)
    {
        var began = time.GetTimestamp();
        var prompt = await prompts.BuildAsync(turn, ct);
        Used used = new(model.Model, prompt.InputTokens, prompt.OutputTokens);
        var tools = turn.IsTrusted ? await box.OpenAsync(ct) : [];
        ToolOffer[] offers = [.. tools.Values.Select(tool => tool.Offer)];
        try
        {
            for (var round = 0; ; round++)
            {
                var isNew = turn.AnswerLength > 0;
                var answer = await model.AskAsync(new(turn.Id, prompt.Messages, round < RoundsMax ? offers : []), Say, ct);
                used = used.Plus(answer.Model, answer.InputTokens, answer.OutputTokens);
                if (answer.Calls.Count == 0 || offers.Length == 0)
                {
                    return turn.AnswerLength > 0 ? End(TurnEnd.Answered, null, true) : End(TurnEnd.Failed, Sentences.Empty, true);
                }
                if (round == RoundsMax) { return End(TurnEnd.Failed, TooManyTools, true); }
                if (used.InputTokens + used.OutputTokens > TokensMax) { return End(TurnEnd.Failed, TooManyTokens, true); }
                await UseAsync(turn, tools, prompt.Messages, answer, ct);

                void Say(string piece)
                {
                    if (isNew) { turn.Say("\n\n"); }
                    isNew = false;
                    turn.Say(piece);
                }
            }
        }
        catch (ModelException fault)
        {
            used = used.Plus(fault.Model, fault.InputTokens, fault.OutputTokens);
            return End(TurnEnd.Failed, fault.Message, fault.CanRetry);
        }

        TurnOutcome End(TurnEnd end, string? problem, bool canRetry) => new(end, turn.Answer, problem, canRetry, used.Model,
            used.InputTokens, used.OutputTokens, (long)time.GetElapsedTime(began).TotalMilliseconds);
    }

    private async Task UseAsync(
        Turn turn, Dictionary<string, Tool> tools, List<ChatMessage> messages, ModelAnswer answer, CancellationToken ct)
    {
        messages.Add(new(Role.Assistant, answer.Text, answer.Calls));
        foreach (var call in answer.Calls)
        {
            ct.ThrowIfCancellationRequested();
            turn.Tape.ToolCall(call.Tool, call.Arguments);
            await turn.Log.AppendAsync(Entry(turn, EntryKind.ToolCall, call.Tool, call.Arguments));
            var result = await ToolBox.UseAsync(tools, call, turn, ct);
            await turn.Log.AppendAsync(Entry(turn, EntryKind.ToolResult, call.Tool, result));
            messages.Add(new(Role.Tool, result, CallId: call.Id));
        }
    }

    private Entry Entry(Turn turn, EntryKind kind, string tool, string text) =>
        new() { At = time.GetUtcNow(), Kind = kind, Turn = turn.Id, Tool = tool, Text = text };

    private sealed record Used(string? Model, long InputTokens, long OutputTokens)
    {
        public Used Plus(string? model, long input, long output) =>
            new(model ?? Model, InputTokens + input, OutputTokens + output);
    }
}
