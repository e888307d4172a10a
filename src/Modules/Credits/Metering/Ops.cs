using Wopr.Kernel;

namespace Wopr.Credits.Metering;

/// <summary>Something a caller waits for; it is answered when the batch that carries it is durable.</summary>
internal abstract class Op;

internal sealed class StartOp(MeteredRequest request) : Op
{
    private readonly TaskCompletionSource<Result<Money>> _promise = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<Result<Money>> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public MeteredRequest Request => request;

    /// <summary>The money is there and set aside in memory; whether that becomes durable is the answer.</summary>
    public Task<Result<Money>> Promise => _promise.Task;

    /// <summary>What it was promised; null until it is.</summary>
    public Flight? Flight { get; set; }

    public Task<Result<Money>> Answer => _answer.Task;

    /// <summary>How often it waited for other replicas to give back what they hold of the tenant.</summary>
    public int Recalls { get; set; }

    public void Pledge() => _promise.TrySetResult(Flight!.Request.Hold);

    public void Accept() => Tell(Flight!.Request.Hold);

    public void Refuse(Problem why) => Tell(why);

    private void Tell(Result<Money> outcome)
    {
        _promise.TrySetResult(outcome);
        _answer.TrySetResult(outcome);
    }
}

/// <summary>The end of a request: what was used, or null when nothing was.</summary>
internal sealed class EndOp(Guid requestId, MeteredUse? use) : Op
{
    private readonly TaskCompletionSource<Settled?> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Guid RequestId => requestId;
    public MeteredUse? Use => use;

    /// <summary>Null when this writer cannot tell, because another one ended the request.</summary>
    public Task<Settled?> Answer => _answer.Task;

    public void Tell(Settled? outcome) => _answer.TrySetResult(outcome);
}

/// <summary>Nothing to write; only to look up now instead of at the next tick.</summary>
internal sealed class WakeOp : Op
{
    public static WakeOp Instance { get; } = new();
}
