using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging.Abstractions;
using Wopr.Audit;
using Wopr.Auth;
using Wopr.Billing;
using Wopr.Credits.Metering;
using Wopr.Kernel;

namespace Wopr.Credits.Simulation;

/// <summary>What one Platform process has of the ledger.</summary>
#pragma warning disable CA1001 // What is killed disposes of nothing.
internal sealed class Replica
#pragma warning restore CA1001
{
    private readonly CancellationTokenSource _stopping = new();

    public Replica(Scheduler scheduler, Lane lane, string name)
    {
        Process = Process.Start(scheduler, name);
        Line = lane.Take(scheduler, Process);
        Writer = new(Line.Ledger, new(Line.Source, NullLogger<Listener>.Instance), new WriterPace { PromiseMax = TimeSpan.MaxValue }, Process.Time,
            NullLogger<LedgerWriter>.Instance);
        Meter = new(Writer, Line.Db, Process.Time);
        Ledger = new(new Outbox(Process.Time), new AuditLog());
        Sweep = new(Line.Db, Process.Time, NullLogger<WriterSweep>.Instance);
        Expiry = new(Line.Db, Process.Time);
        Inbox = OpenInbox();
        Process.Post(async _ =>
        {
            try
            {
                await ExecuteAsync(Writer, _stopping.Token);
                HasStopped = true;
            }
            catch (Exception error)
            {
                scheduler.Break($"the writer ended: {error.GetType().Name} {error.Message}");
            }
        }, null);
    }

    public Process Process { get; }
    public Line Line { get; }
    public LedgerWriter Writer { get; }
    public RequestMeter Meter { get; }
    public Ledger Ledger { get; }
    public WriterSweep Sweep { get; }
    public GrantExpiry Expiry { get; }
    public StripeInbox Inbox { get; }

    public bool IsStopping { get; private set; }
    public bool HasStopped { get; private set; }
    public bool IsUp => !Process.IsDead && !Process.IsAsleep && !IsStopping;

    /// <summary>Nobody took it for dead, and it stopped when it was told to, with nothing running.</summary>
    public bool EndedInOrder(Model model) => HasStopped && !model.SweptReplicas.Contains(this);

    private StripeInbox OpenInbox()
    {
        StripeOptions options = new() { PackPrices = new Dictionary<string, string> { ["_25"] = "price_25" } };
        Outbox outbox = new(Process.Time);
        TenantDirectory tenants = new();
        Reversals reversals = new(Ledger, outbox);
        // Nothing that an event does asks Stripe.
        Payments payments = new(Ledger, tenants, new(Line.Db, null!, tenants, Process.Time), reversals, outbox, new(options));
        StripeEffects effects = new(payments, reversals, new(tenants), outbox, options);
        return new(Line.Db, effects, NullLogger<StripeInbox>.Instance);
    }

    public void Stop()
    {
        IsStopping = true;
        Process.Post(_ => _stopping.Cancel(), null);
    }

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "ExecuteAsync")]
    private static extern Task ExecuteAsync(LedgerWriter writer, CancellationToken stopping);
}
