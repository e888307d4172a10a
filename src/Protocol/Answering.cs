using System.Text.Json.Serialization.Metadata;

namespace Wopr.Protocol;

/// <summary>One ask of the other end that is being answered.</summary>
internal sealed class Answering(Link link, long id, LinkPace pace, TimeProvider time)
{
    /// <summary>How many bytes of items may be on their way to a reader that has not read them.</summary>
    public const int WindowBytes = 256 * 1024;

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stop = new();
    private long _unread;
    private TaskCompletionSource? _room;

    public CancellationToken Token => _stop.Token;

    public async Task RunAsync(LinkAnswer answer, Func<Answering, Task>? work, LinkAnswers answers)
    {
        // Whoever answers without ever waiting must not keep the link from hearing.
        await Task.Yield();
        try
        {
            if (work is null) { throw new LinkRefusedException(LinkProblems.Unreadable); }
            await work(this);
        }
        catch (LinkRefusedException refusal)
        {
            await link.RefuseAsync(id, refusal.Problem);
        }
        catch (LinkLostException)
        {
            await link.TrySendAsync(FrameKind.Lost, id);
        }
        catch (Exception) when (_stop.IsCancellationRequested)
        {
            // Nobody waits for it.
        }
        catch (Exception error)
        {
            answers.Failed(answer.Verb, error);
            await link.RefuseAsync(id, LinkProblems.Failed);
        }
        finally
        {
            link.Answered(id);
        }
    }

    public Task<int> SendAsync<T>(FrameKind kind, T body, JsonTypeInfo<T> type) => link.SendAsync(kind, id, verb: null, body, type);

    public Task EndAsync() => link.TrySendAsync(FrameKind.End, id);

    /// <summary>Waits until the reader has read enough for another item.</summary>
    public async Task RoomAsync()
    {
        while (true)
        {
            TaskCompletionSource room;
            lock (_gate)
            {
                if (_unread < WindowBytes) { return; }
                room = _room ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            }
            await using var stopped = _stop.Token.UnsafeRegister(static room => ((TaskCompletionSource)room!).TrySetCanceled(), room);
            await using var limit = time.CreateTimer(GiveUp, room, pace.Stall, Timeout.InfiniteTimeSpan);
            await room.Task;
        }
    }

    private static void GiveUp(object? room) =>
        ((TaskCompletionSource)room!).TrySetException(new LinkLostException("The reader is too slow."));

    public void Spend(int bytes)
    {
        lock (_gate) { _unread += bytes; }
    }

    public void Hear(Frame frame)
    {
        if (frame.Kind == FrameKind.Cancel)
        {
            Cancel();
            return;
        }
        TaskCompletionSource? room;
        lock (_gate)
        {
            _unread -= frame.Bytes;
            (room, _room) = (_room, null);
        }
        room?.TrySetResult();
    }

    public void Cancel()
    {
        try { _stop.Cancel(); }
        catch (AggregateException)
        {
            // What an answer does when it is stopped is no fault of the link.
        }
    }
}
