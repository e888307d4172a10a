namespace Wopr.Protocol;

/// <summary>Lets one in at a time, in the order they came.</summary>
internal sealed class Turnstile
{
    private readonly Lock _gate = new();
    private readonly Queue<TaskCompletionSource> _waiting = new();
    private bool _taken;

    public int Waiting { get { lock (_gate) { return _waiting.Count; } } }

    public bool TryEnter()
    {
        lock (_gate) { return !_taken && (_taken = true); }
    }

    public Task EnterAsync()
    {
        lock (_gate)
        {
            if (!_taken)
            {
                _taken = true;
                return Task.CompletedTask;
            }
            var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue(turn);
            return turn.Task;
        }
    }

    public void Leave()
    {
        TaskCompletionSource? next;
        lock (_gate)
        {
            if (!_waiting.TryDequeue(out next)) { _taken = false; }
        }
        next?.SetResult();
    }
}
