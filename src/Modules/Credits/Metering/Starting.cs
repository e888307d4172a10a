using Wopr.Credits.Metering;
using Wopr.Kernel;

namespace Wopr.Credits;

/// <summary>A metered request whose money is set aside, and whose start is on its way to the disk.</summary>
public sealed class Starting
{
    private readonly RequestMeter _meter;
    private readonly StartOp _op;
    private Task<Result<Money>>? _durable;

    internal Starting(RequestMeter meter, StartOp op, Money hold) => (_meter, _op, Hold) = (meter, op, hold);

    /// <summary>What was set aside.</summary>
    public Money Hold { get; }

    /// <summary>
    /// What is set aside now survives this process; a problem when it does not, and then nothing was started. A request that was
    /// settled needs not ask: what is charged is durable.
    /// </summary>
    public Task<Result<Money>> DurableAsync() => _durable ??= _meter.WaitAsync(_op, _op.Answer, CancellationToken.None);
}
