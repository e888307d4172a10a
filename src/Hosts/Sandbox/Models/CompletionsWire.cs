using System.Text.Json;

namespace Wopr.Sandbox.Models;

/// <summary>OpenAI's old <c>/v1/completions</c>.</summary>
internal sealed class CompletionsWire : OpenAiWire
{
    private const int TokensUsual = 16;

    public override Ask Read(JsonElement body)
    {
        OpenAiRules.NeedText(body, "model", "model");
        var ask = new Ask
        {
            Streams = OpenAiRules.Flag(body, "stream"),
            Choices = (int)(OpenAiRules.Whole(body, "n", 1, 128) ?? 1),
            Stops = OpenAiRules.Stops(body),
            OutputTokensMax = OpenAiRules.Whole(body, "max_tokens", 0, int.MaxValue) ?? TokensUsual,
        };
        ask.WantsUsage = !ask.Streams || body.Field("stream_options")?.Flag("include_usage") == true;
        OpenAiRules.Between(body, "temperature", 0, 2);
        Texts.Read(OpenAiRules.Need(body, "prompt"), "prompt", ask);
        return ask;
    }

    public override void Whole(Utf8JsonWriter json, Reply reply)
    {
        Head(json, reply);
        json.WriteStartArray("choices");
        for (var index = 0; index < reply.Texts.Count; index++)
        {
            Choice(json, index, reply.Texts[index], FinishOf(reply));
        }
        json.WriteEndArray();
        WriteUsage(json, reply);
    }

    public override IEnumerable<Event> Events(Reply reply, EventBuffer buffer)
    {
        var place = PlaceOf(reply);
        for (var choice = 0; choice < reply.Texts.Count; choice++)
        {
            foreach (var piece in reply.Pieces(reply.Texts[choice]))
            {
                buffer.CountOutput(piece);
                yield return Chunk(reply, buffer, place, choice, piece, finish: null) with { IsPaced = true };
            }
            var tells = place is UsagePlace.Finish or UsagePlace.Every && choice == reply.Texts.Count - 1;
            yield return Chunk(reply, buffer, place, choice, "", FinishOf(reply), tells);
        }
        if (place == UsagePlace.Late)
        {
            var json = buffer.Begin();
            Head(json, reply);
            json.WriteStartArray("choices");
            json.WriteEndArray();
            WriteUsage(json, reply);
            buffer.End();
            yield return new(Tells: Telling.All);
        }
        buffer.Write("[DONE]"u8);
        yield return new(IsLast: true);
    }

    public override Event Padding(Reply reply, EventBuffer buffer, int bytes)
    {
        var json = buffer.Begin();
        Head(json, reply);
        json.WriteStartArray("choices");
        json.WriteEndArray();
        json.WriteString("padding", new string('x', bytes));
        buffer.End();
        return new();
    }

    private static Event Chunk(
        Reply reply, EventBuffer buffer, UsagePlace? place, int choice, string text, string? finish, bool tells = false)
    {
        var json = buffer.Begin();
        Head(json, reply);
        json.WriteStartArray("choices");
        Choice(json, choice, text, finish);
        json.WriteEndArray();
        if (tells) { WriteUsage(json, reply); }
        else if (place == UsagePlace.Every) { WriteUsage(json, reply, buffer.OutputTokens); }
        else if (place == UsagePlace.Late) { json.WriteNull("usage"); }
        buffer.End();
        return new(Tells: tells ? Telling.All : place == UsagePlace.Every ? Telling.Part : Telling.Nothing);
    }

    private static void Head(Utf8JsonWriter json, Reply reply)
    {
        json.WriteString("id", $"cmpl-{reply.Number:d8}");
        json.WriteString("object", "text_completion");
        json.WriteNumber("created", reply.CreatedAt);
        json.WriteString("model", reply.Model);
    }

    private static void Choice(Utf8JsonWriter json, int index, string text, string? finish)
    {
        json.WriteStartObject();
        json.WriteString("text", text);
        json.WriteNumber("index", index);
        json.WriteNull("logprobs");
        json.WriteString("finish_reason", finish);
        json.WriteEndObject();
    }
}
