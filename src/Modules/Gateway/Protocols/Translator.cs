using Wopr.Kernel;

namespace Wopr.Gateway.Protocols;

/// <summary>
/// Lets a caller of one format talk to a provider of another. Chat is the hub: what has no way of its own goes over it.
/// </summary>
internal static class Translator
{
    /// <param name="from">What the caller speaks.</param>
    /// <param name="to">What the provider speaks.</param>
    public static bool Knows(WireFormat from, WireFormat to) => from == to || (from, to) is
        (WireFormat.Messages, WireFormat.Chat) or (WireFormat.Chat, WireFormat.Messages)
        or (WireFormat.Responses or WireFormat.Completions, WireFormat.Chat or WireFormat.Messages);

    /// <summary>The caller's request as the provider reads it.</summary>
    public static Result<byte[]> Request(WireFormat from, WireFormat to, ReadOnlyMemory<byte> body)
    {
        if (from == to) { return body.ToArray(); }
        if (!Knows(from, to)) { return ProtocolProblems.Untranslatable; }
        if (to == WireFormat.Messages && from != WireFormat.Chat)
        {
            return Request(from, WireFormat.Chat, body).Succeeded(out var chat, out var problem)
                ? Request(WireFormat.Chat, to, chat)
                : problem;
        }
        using var read = Json.Parse(body);
        if (read is null) { return ProtocolProblems.Unreadable; }
        return from switch
        {
            WireFormat.Messages => ChatFromMessages.Request(read.RootElement),
            WireFormat.Responses => ChatFromResponses.Request(read.RootElement),
            WireFormat.Completions => ChatFromCompletions.Request(read.RootElement),
            _ => MessagesFromChat.Request(read.RootElement),
        };
    }

    /// <summary>The provider's whole answer as the caller reads it; a refusal in its shape when it is none.</summary>
    /// <param name="model">What the caller asked for, which the answer repeats.</param>
    public static byte[] Answer(WireFormat from, WireFormat to, ReadOnlyMemory<byte> body, string model)
    {
        TryAnswer(from, to, body, model, out var answer);
        return answer;
    }

    /// <summary>The same, and whether the provider's answer could be read.</summary>
    public static bool TryAnswer(
        WireFormat from, WireFormat to, ReadOnlyMemory<byte> body, string model, out byte[] answer)
    {
        if (from == to)
        {
            answer = body.ToArray();
            return true;
        }
        if (to == WireFormat.Messages && from != WireFormat.Chat)
        {
            // A refusal is no answer of a chat either.
            TryAnswer(WireFormat.Chat, to, body, model, out var chat);
            return TryAnswer(from, WireFormat.Chat, chat, model, out answer);
        }
        using var read = Json.Parse(body);
        var translated = read is null ? null : (from, to) switch
        {
            (WireFormat.Messages, WireFormat.Chat) => MessagesAnswer.FromChat(read.RootElement, model),
            (WireFormat.Responses, WireFormat.Chat) => ResponsesAnswer.FromChat(read.RootElement, model),
            (WireFormat.Completions, WireFormat.Chat) => CompletionsAnswer.FromChat(read.RootElement, model),
            (WireFormat.Chat, WireFormat.Messages) => ChatAnswer.FromMessages(read.RootElement, model),
            _ => null,
        };
        answer = translated ?? Refusals.Body(from, ProtocolProblems.BadAnswer);
        return translated is not null;
    }

    /// <summary>One stream's translation; it remembers what came, so each stream needs its own.</summary>
    /// <param name="includeUsage">The caller asked for usage, which only chat and completions leave out else.</param>
    public static StreamTranslation Stream(
        WireFormat from, WireFormat to, string model, bool includeUsage) => (from, to) switch
        {
            _ when from == to => new SameStream(),
            (WireFormat.Messages, WireFormat.Chat) => new MessagesStream(model),
            (WireFormat.Responses, WireFormat.Chat) => new ResponsesStream(model),
            (WireFormat.Completions, WireFormat.Chat) => new CompletionsStream(model, includeUsage),
            (WireFormat.Chat, WireFormat.Messages) => new ChatStream(model, includeUsage),
            (WireFormat.Responses or WireFormat.Completions, WireFormat.Messages) =>
                new ChainedStream(new(model, includeUsage: true), Stream(from, WireFormat.Chat, model, includeUsage)),
            _ => throw new ArgumentException($"Nothing translates the stream of {to} into {from}."),
        };
}
