using Wopr.Credits.Metering;
using Wopr.Kernel;

namespace Wopr.Credits;

/// <summary>
/// Metered requests: started before their first byte leaves, settled before their answer ends. Both wait for the commit
/// they share with whatever else happens at that moment.
/// </summary>
public sealed class RequestMeter
{
    private static readonly TimeSpan s_startMax = TimeSpan.FromSeconds(10);

    private readonly LedgerWriter _writer;
    private readonly Db _db;
    private readonly TimeProvider _time;

    internal RequestMeter(LedgerWriter writer, Db db, TimeProvider time) => (_writer, _db, _time) = (writer, db, time);

    /// <summary>Sets the hold aside and makes the request durable; a problem when the tenant may not or cannot pay.</summary>
    /// <returns>What was set aside.</returns>
    public async Task<Result<Money>> StartAsync(MeteredRequest request, CancellationToken ct) =>
        Enqueue(request) is { } op ? await WaitAsync(op, op.Answer, ct) : CreditProblems.Busy;

    /// <summary>
    /// Returns as soon as the hold is set aside, so that the work can begin while that becomes durable. Nothing of the work may be
    /// given away before <see cref="Starting.DurableAsync"/> returned or the request is settled, one of which whoever began awaits
    /// in any case.
    /// </summary>
    public async Task<Result<Starting>> BeginAsync(MeteredRequest request, CancellationToken ct)
    {
        if (Enqueue(request) is not { } op) { return CreditProblems.Busy; }
        var promised = op.Promise.IsCompleted ? await op.Promise : await WaitAsync(op, op.Promise, ct);
        return promised.Problem is { } problem ? problem : new Starting(this, op, promised.Value);
    }

    /// <summary>Null when too many run already.</summary>
    private StartOp? Enqueue(MeteredRequest request)
    {
        if (request.Hold < Money.Zero) { throw new ArgumentException("A hold is not below zero.", nameof(request)); }
        StartOp op = new(request);
        return _writer.TryEnqueue(op) ? op : null;
    }

    /// <summary>What it has cost so far; counts when this process dies before it settles.</summary>
    public void Note(Guid requestId, MeteredUse soFar) => _writer.Note(requestId, soFar);

    /// <summary>
    /// Charges a request; the same again returns the first outcome. Not cancellable, because the answer was served.
    /// Null when the request is not known, which is when nothing was started or it was voided.
    /// </summary>
    public async Task<Settled?> SettleAsync(string tenantId, Guid requestId, MeteredUse use)
    {
        if (use.Price < Money.Zero || use.Wholesale < Money.Zero) { throw new ArgumentException("Costs are not below zero.", nameof(use)); }
        EndOp op = new(requestId, use);
        _writer.Enqueue(op);
        if (await op.Answer is { } settled) { return settled; }
        var outcome = await MeteringSql.OutcomeAsync(_db, tenantId, requestId, CancellationToken.None);
        // Ended by somebody else: at an estimate, or without a charge at all.
        var missing = use.Price - (outcome?.Charged ?? Money.Zero);
        if (outcome is null or { IsEstimated: true } && missing > Money.Zero) { _writer.TellLoss(tenantId, requestId, missing); }
        return outcome;
    }

    /// <summary>Nothing was served, nothing is charged.</summary>
    public async Task VoidAsync(Guid requestId)
    {
        EndOp op = new(requestId, use: null);
        _writer.Enqueue(op);
        await op.Answer;
    }

    /// <summary>Whoever gives up waiting leaves nothing that runs.</summary>
    internal async Task<Result<Money>> WaitAsync(StartOp op, Task<Result<Money>> outcome, CancellationToken ct)
    {
        try
        {
            return await AnswerAsync(outcome).WaitAsync(s_startMax, _time, ct);
        }
        catch (Exception error) when (error is TimeoutException or OperationCanceledException)
        {
            _ = VoidWhenStartedAsync(op);
            if (error is TimeoutException) { return CreditProblems.TryAgain; }
            throw;
        }
    }

    // Of its own, so that it goes on in the context it was called in and not wherever the wait ends.
    private static async Task<Result<Money>> AnswerAsync(Task<Result<Money>> outcome) => await outcome;

    private async Task VoidWhenStartedAsync(StartOp op)
    {
        if ((await op.Answer).Problem is null) { await VoidAsync(op.Request.RequestId); }
    }
}
