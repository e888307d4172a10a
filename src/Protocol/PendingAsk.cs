using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Threading.Channels;

namespace Wopr.Protocol;

/// <summary>Something asked of the other end, and not answered yet.</summary>
internal abstract class PendingAsk
{
    /// <param name="size">Of the whole frame.</param>
    public void Hear(Frame frame, int size)
    {
        switch (frame.Kind)
        {
            case FrameKind.Answer or FrameKind.Item: Take(frame.Body, size); break;
            case FrameKind.Refuse: Fail(new LinkRefusedException(Problem(frame.Body))); break;
            case FrameKind.Lost: Fail(new LinkLostException("The other end gave up before it was done.")); break;
            case FrameKind.End: Finish(); break;
            default: break;
        }
    }

    public void Lose(string why) => Fail(new LinkLostException($"The link was lost: {why}."));

    public abstract void Fail(Exception error);

    protected abstract void Take(ReadOnlySpan<byte> body, int size);

    protected abstract void Finish();

    /// <summary>False when it cannot be read, which has then been told to whoever waits.</summary>
    protected bool TryRead<T>(ReadOnlySpan<byte> body, JsonTypeInfo<T> type, out T value)
    {
        value = default!;
        try
        {
            if (!body.IsEmpty && JsonSerializer.Deserialize(body, type) is { } read)
            {
                value = read;
                return true;
            }
        }
        catch (JsonException)
        {
            // Told as what it is, below.
        }
        Fail(new LinkRefusedException(LinkProblems.Unreadable));
        return false;
    }

    private static LinkProblem Problem(ReadOnlySpan<byte> body)
    {
        try { return JsonSerializer.Deserialize(body, WireJson.Default.LinkProblem) ?? LinkProblems.Failed; }
        catch (JsonException) { return LinkProblems.Failed; }
    }
}

internal sealed class PendingVerb<TAnswer>(JsonTypeInfo<TAnswer> type) : PendingAsk
{
    private readonly TaskCompletionSource<TAnswer> _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<TAnswer> Answered => _answered.Task;

    public override void Fail(Exception error) => _answered.TrySetException(error);

    protected override void Take(ReadOnlySpan<byte> body, int size)
    {
        if (TryRead(body, type, out var answer)) { _answered.TrySetResult(answer); }
    }

    // An answer is what ends it.
    protected override void Finish() => Fail(new LinkRefusedException(LinkProblems.Unreadable));
}

internal sealed class PendingFeed<TItem>(JsonTypeInfo<TItem> type) : PendingAsk
{
    private readonly Channel<(TItem Item, int Size)> _items =
        Channel.CreateUnbounded<(TItem, int)>(new() { SingleReader = true, SingleWriter = true });

    private long _queued;
    private long _read;

    public ChannelReader<(TItem Item, int Size)> Items => _items.Reader;

    /// <summary>How many bytes to tell the other end that were read; null when it is too few to be worth it.</summary>
    public long? Read(int size)
    {
        Interlocked.Add(ref _queued, -size);
        _read += size;
        if (_read < Answering.WindowBytes / 4) { return null; }
        var read = _read;
        _read = 0;
        return read;
    }

    public override void Fail(Exception error) => _items.Writer.TryComplete(error);

    protected override void Take(ReadOnlySpan<byte> body, int size)
    {
        // The other end keeps to the window; one that does not must not fill our memory.
        if (Interlocked.Add(ref _queued, size) > Answering.WindowBytes + Frame.BytesMax)
        {
            throw new FrameException("more came than there was room for");
        }
        if (TryRead(body, type, out var item)) { _items.Writer.TryWrite((item, size)); }
    }

    protected override void Finish() => _items.Writer.TryComplete();
}
