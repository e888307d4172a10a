using System.Buffers;
using System.Text.Json;

namespace Wopr.Gateway.Protocols;

/// <summary>A chat's chunks as those of the old text completions.</summary>
internal sealed class CompletionsStream(string model, bool includeUsage) : TranslatedStream(WireFormat.Completions)
{
    private AnswerUsage _usage;
    private RawText? _id;
    private long _created;

    protected override void Read(JsonElement data, IBufferWriter<byte> output)
    {
        IsWhole |= ChatReading.IsLastWord(data);
        Start(data);
        if (data.Get("usage"u8) is var usage && usage.IsObject()) { _usage = AnswerUsage.FromChat(usage); }
        foreach (var choice in data.Get("choices"u8).Items())
        {
            var finish = choice.Get("finish_reason"u8);
            if (finish.Is("error"u8))
            {
                Fail(ProtocolProblems.ProviderFailed, output);
                return;
            }
            var text = new RawText();
            foreach (var piece in Json.Texts(choice.Get("delta"u8).Get("content"u8))) { text.Add(piece.Inside()); }
            if (finish.IsText()) { IsWhole = true; }
            else if (text.IsEmpty) { continue; }
            var to = Events.Begin(output, default);
            Head(to);
            to.WriteStartArray("choices"u8);
            CompletionsAnswer.WriteChoice(to, text, choice.Get("index"u8).Count(), finish);
            to.WriteEndArray();
            Events.End();
        }
    }

    protected override void Close(IBufferWriter<byte> output)
    {
        Start(default);
        if (includeUsage)
        {
            var to = Events.Begin(output, default);
            Head(to);
            to.WriteStartArray("choices"u8);
            to.WriteEndArray();
            _usage.WriteChat(to);
            Events.End();
        }
        output.Write("data: [DONE]\n\n"u8);
    }

    private void Start(JsonElement data)
    {
        if (_id is not null) { return; }
        _id = ChatReading.Id("cmpl-"u8, data.Get("id"u8));
        _created = ChatReading.Created(data);
    }

    private void Head(Utf8JsonWriter to)
    {
        to.WriteText("id"u8, _id!);
        to.WriteString("object"u8, "text_completion"u8);
        to.WriteNumber("created"u8, _created);
        to.WriteString("model"u8, model);
    }
}
