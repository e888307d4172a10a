using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Wopr.Protocol;

/// <summary>
/// What this end answers. A refusal is a thrown <see cref="LinkRefusedException"/>. Their tokens are cancelled when nobody
/// waits any more, because the asker left or the link ended.
/// </summary>
public sealed class LinkAnswers
{
    private readonly Dictionary<string, LinkAnswer> _answers = new(StringComparer.Ordinal);

    /// <summary>Hears of answers that failed otherwise than by refusing: the verb, and how.</summary>
    public Action<string, Exception> Failed { get; init; } = (_, _) => { };

    public void On<TAsk, TAnswer>(Verb<TAsk, TAnswer> verb, Func<TAsk, CancellationToken, Task<TAnswer>> answer) =>
        _answers.Add(verb.Name, new VerbAnswer<TAsk, TAnswer>(verb, answer));

    public void On<TAsk, TItem>(Feed<TAsk, TItem> feed, Func<TAsk, CancellationToken, IAsyncEnumerable<TItem>> items) =>
        _answers.Add(feed.Name, new FeedAnswer<TAsk, TItem>(feed, items));

    /// <summary>Answers what is asked otherwise than over a link: a verb once, a feed as often as it has something to say.</summary>
    /// <exception cref="LinkRefusedException">It is not answered.</exception>
    public async Task AnswerAsync(string verb, ReadOnlyMemory<byte> ask, Func<byte[], Task> say, CancellationToken ct)
    {
        if (Find(verb) is not { } answer) { throw new LinkRefusedException(LinkProblems.UnknownVerb(verb)); }
        if (answer.ReadAlone(ask.Span) is not { } work) { throw new LinkRefusedException(LinkProblems.Unreadable); }
        try
        {
            await work(say, ct);
        }
        catch (Exception error) when (error is not LinkRefusedException && !ct.IsCancellationRequested)
        {
            Failed(verb, error);
            throw new LinkRefusedException(LinkProblems.Failed);
        }
    }

    internal LinkAnswer? Find(string verb) => _answers.GetValueOrDefault(verb);
}

internal abstract class LinkAnswer
{
    public abstract string Verb { get; }

    /// <summary>What is to be done; null when the ask cannot be read.</summary>
    public abstract Func<Answering, Task>? Read(ReadOnlySpan<byte> ask);

    /// <summary>The same without a link.</summary>
    public abstract Func<Func<byte[], Task>, CancellationToken, Task>? ReadAlone(ReadOnlySpan<byte> ask);

    protected static bool TryRead<T>(ReadOnlySpan<byte> text, JsonTypeInfo<T> type, out T value)
    {
        value = default!;
        try
        {
            if (text.IsEmpty || JsonSerializer.Deserialize(text, type) is not { } read) { return false; }
            value = read;
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}

internal sealed class VerbAnswer<TAsk, TAnswer>(Verb<TAsk, TAnswer> verb, Func<TAsk, CancellationToken, Task<TAnswer>> answer)
    : LinkAnswer
{
    public override string Verb => verb.Name;

    public override Func<Answering, Task>? Read(ReadOnlySpan<byte> ask) => TryRead(ask, verb.Ask, out var read)
        ? async running => await running.SendAsync(FrameKind.Answer, await answer(read, running.Token), verb.Answer)
        : null;

    public override Func<Func<byte[], Task>, CancellationToken, Task>? ReadAlone(ReadOnlySpan<byte> ask) =>
        TryRead(ask, verb.Ask, out var read)
            ? async (say, ct) => await say(JsonSerializer.SerializeToUtf8Bytes(await answer(read, ct), verb.Answer))
            : null;
}

internal sealed class FeedAnswer<TAsk, TItem>(Feed<TAsk, TItem> feed, Func<TAsk, CancellationToken, IAsyncEnumerable<TItem>> items)
    : LinkAnswer
{
    public override string Verb => feed.Name;

    public override Func<Answering, Task>? Read(ReadOnlySpan<byte> ask) => TryRead(ask, feed.Ask, out var read)
        ? async running =>
        {
            await foreach (var item in items(read, running.Token).WithCancellation(running.Token))
            {
                await running.RoomAsync();
                running.Spend(await running.SendAsync(FrameKind.Item, item, feed.Item));
            }
            await running.EndAsync();
        }
    : null;

    public override Func<Func<byte[], Task>, CancellationToken, Task>? ReadAlone(ReadOnlySpan<byte> ask) =>
        TryRead(ask, feed.Ask, out var read)
            ? async (say, ct) =>
            {
                await foreach (var item in items(read, ct).WithCancellation(ct)) { await say(JsonSerializer.SerializeToUtf8Bytes(item, feed.Item)); }
            }
    : null;
}
