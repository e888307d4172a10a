using System.Text.Json;

namespace Wopr.Sandbox.Models;

/// <summary>Anthropic's <c>/v1/messages/count_tokens</c>: counted, and not used.</summary>
internal sealed class CountTokensWire : Wire
{
    public override Ask Read(JsonElement body) => MessagesReader.Read(body, countsOnly: true);

    public override void Whole(Utf8JsonWriter json, Reply reply) =>
        Count(json, "input_tokens", reply.Ask.InputTokens, reply.Faults);

    public override IEnumerable<Event> Events(Reply reply, EventBuffer buffer) => throw NoStream();

    public override Event Padding(Reply reply, EventBuffer buffer, int bytes) => throw NoStream();

    public override Event Error(EventBuffer buffer, ModelRefusal refusal) => throw NoStream();

    private static InvalidOperationException NoStream() => new("A count has no stream.");
}
