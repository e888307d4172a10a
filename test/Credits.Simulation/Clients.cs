using Npgsql;
using Wopr.Kernel;

namespace Wopr.Credits.Simulation;

/// <summary>Asks the verbs for things, and writes down what it is told.</summary>
internal sealed class Clients(Scheduler scheduler, Model model)
{
    private static readonly Actor s_admin = new(ActorKind.Token, "admin") { IsPlatformAdmin = true };
    private readonly List<Call> _calls = [];
    private int _requests;

    public int Waiting => _calls.Count(call => !call.Process.IsDead);

    public void Post(Replica replica, Verb verb) => Ask(replica, $"{verb.Kind} {verb.Amount.Nanos} {verb.Reference}", async ct =>
    {
        LedgerPost post = new(verb.Tenant, verb.Reference, KindOf(verb.Kind), verb.Amount, "Simulated") { ExpiresAt = verb.ExpiresAt };
        var db = replica.Line.Db;
        var posted = verb.Kind switch
        {
            VerbKind.Pay or VerbKind.Bonus or VerbKind.Gift or VerbKind.Reinstate => await replica.Ledger.CreditAsync(db, post, ct),
            VerbKind.Charge => await replica.Ledger.ChargeAsync(db, post, ct),
            VerbKind.Refund or VerbKind.Dispute => await replica.Ledger.ClawbackAsync(db, post, ct),
            _ => (await replica.Ledger.AdjustAsync(s_admin, db, verb.Tenant, verb.Reference, verb.Amount, "Simulated", ct)).Value,
        };
        if (posted is not null) { verb.Told.Add(posted); }
        return posted is null ? "refused" : $"{posted.Amount.Nanos} and {posted.Missing.Nanos} missing{(posted.IsReplay ? " again" : "")}";
    });

    public void Freeze(Replica replica, string tenant, bool frozen) => Ask(replica, $"freeze {tenant} {frozen}", async ct =>
    {
        await replica.Ledger.FreezeAsync(s_admin, replica.Line.Db, tenant, frozen, "Simulated", ct);
        return "done";
    });

    public Metered Request(Replica replica, string tenant, Money hold)
    {
        MeteredRequest request = new(NextId(), tenant, null, scheduler.Dice.Next(3) == 0 ? "image" : "chat", "sandbox", "echo", hold);
        Metered metered = new(request, replica);
        model.Requests.Add(metered);
        model.ById[request.RequestId] = metered;
        return metered;
    }

    public void Start(Replica replica, Metered metered, Action<Result<Money>>? told = null) => Ask(
        replica, $"start {Short(metered)} of {metered.Request.Tenant()} hold {metered.Request.Hold.Nanos}", async ct =>
    {
        try
        {
            var result = await replica.Meter.StartAsync(metered.Request, ct);
            if (result.Problem is null)
            {
                (metered.Accepted, metered.Owner) = (true, replica);
                metered.RunsAt.Add(replica);
            }
            told?.Invoke(result);
            return result.Problem?.Code ?? "accepted";
        }
        catch (OperationCanceledException)
        {
            metered.Cancelled = true;
            throw;
        }
        finally
        {
            metered.StartEnded = true;
        }
    });

    /// <summary>As who gives away nothing before it is paid: it works as soon as it is promised the money.</summary>
    public void Work(Replica replica, Metered metered, Money price) => Ask(
        replica, $"start {Short(metered)} of {metered.Request.Tenant()} hold {metered.Request.Hold.Nanos} and settle {price.Nanos}", async ct =>
    {
        try
        {
            var begun = await replica.Meter.BeginAsync(metered.Request, ct);
            if (!begun.Succeeded(out var starting, out var problem)) { return problem.Code; }
            metered.Prices.Add(price);
            var settled = await replica.Meter.SettleAsync(metered.Request.TenantId, metered.Request.RequestId, Use(price));
            var isDurable = settled is not null || (await starting.DurableAsync()).Problem is null;
            if (settled is not null) { metered.Told.Add(settled); }
            else if (isDurable && metered is { VoidAsked: false, Restarted: false } && !replica.IsStopping)
            {
                scheduler.Break($"settling {Short(metered)}, which was promised and began, was told that it is not known");
            }
            metered.Accepted |= isDurable;
            return settled is null ? "not begun" : $"price {settled.Price.Nanos} charged {settled.Charged.Nanos}";
        }
        catch (OperationCanceledException)
        {
            metered.Cancelled = true;
            throw;
        }
        finally
        {
            metered.StartEnded = true;
        }
    });

    public void Note(Replica replica, Metered metered, Money price)
    {
        metered.Notes.Add((price, scheduler.Now));
        scheduler.Trace.Add(scheduler.Now, replica.Process.Name, $"note {Short(metered)} {price.Nanos}");
        replica.Process.Post(_ => replica.Meter.Note(metered.Request.RequestId, Use(price)), null);
    }

    public void Settle(Replica replica, Metered metered, Money price)
    {
        metered.Prices.Add(price);
        metered.RunsAt.Remove(replica);
        Ask(replica, $"settle {Short(metered)} {price.Nanos}", async _ =>
        {
            var wasTold = metered.Told.Count > 0;
            var settled = await replica.Meter.SettleAsync(metered.Request.TenantId, metered.Request.RequestId, Use(price));
            if (settled is null && wasTold) { scheduler.Break($"settling {Short(metered)} again was told that it is not known"); }
            if (settled is not null) { metered.Told.Add(settled); }
            if (settled is null && metered is { Accepted: true, VoidAsked: false, Restarted: false } && replica == metered.Owner && !replica.IsStopping)
            {
                scheduler.Break($"settling {Short(metered)}, which was accepted and not voided, was told that it is not known");
            }
            return settled is null ? "not known" : $"price {settled.Price.Nanos} charged {settled.Charged.Nanos}"
                + (settled.IsEstimated ? " estimated" : "") + (settled.IsReplay ? " again" : "");
        });
    }

    public void Void(Replica replica, Metered metered)
    {
        metered.VoidAsked = true;
        metered.RunsAt.Remove(replica);
        Ask(replica, $"void {Short(metered)}", async _ =>
        {
            await replica.Meter.VoidAsync(metered.Request.RequestId);
            metered.VoidTold = true;
            return "done";
        });
    }

    /// <summary>Takes back what is left of gifts that ended.</summary>
    public void Expire(Replica replica)
    {
        model.ExpiredAt = scheduler.Now;
        Ask(replica, "end gifts", async ct =>
        {
            await replica.Expiry.RunAsync(ct);
            return "done";
        });
    }

    /// <summary>Brings an event of Stripe's, which comes again when it is not answered.</summary>
    public void Deliver(Replica replica, StripeDelivery delivery)
    {
        delivery.Times--;
        Ask(replica, $"{delivery.Said.Type} {delivery.Said.Id} {delivery.Said.ObjectId}", async ct =>
        {
            var answer = await replica.Inbox.ReceiveAsync(delivery.Said, ct);
            delivery.IsAnswered = true;
            return answer.Duplicate == true ? "known" : answer.Handled ? $"credited {answer.Credited}" : "not handled";
        });
    }

    /// <summary>Takes a writer for dead and ends it, whether it is or not.</summary>
    public void Sweep(Replica by, Replica of)
    {
        var writer = of.Writer.Id;
        model.SweptReplicas.Add(of);
        Ask(by, $"sweep {of.Process.Name}", async ct => await by.Sweep.EndAsync(writer, ct) ? "ended" : "was ended before");
    }

    /// <summary>A caller that does not wait any longer.</summary>
    public void GiveUp()
    {
        var open = _calls.Where(call => call.Process is { IsDead: false, IsAsleep: false } && call.Label.StartsWith("start", StringComparison.Ordinal)).ToList();
        if (open.Count == 0) { return; }
        var call = open[scheduler.Dice.Next(open.Count)];
        scheduler.Trace.Add(scheduler.Now, call.Process.Name, $"gives up: {call.Label}");
        call.Process.Post(_ => call.Cancel.Cancel(), null);
    }

    public static string Short(Metered metered) => $"r{metered.Request.RequestId.ToString()[^4..]}";

    private void Ask(Replica replica, string label, Func<CancellationToken, Task<string>> verb)
    {
        Call call = new(replica.Process, label, new());
        _calls.Add(call);
        scheduler.Trace.Add(scheduler.Now, replica.Process.Name, $"? {label}");
        replica.Process.Post(async _ =>
        {
            string answer;
            try
            {
                answer = await verb(call.Cancel.Token);
            }
            catch (Exception error) when (error is LostException or OperationCanceledException)
            {
                answer = error is LostException ? "the connection broke" : "gave up";
            }
            catch (Exception error)
            {
                var reason = error is PostgresException refused ? refused.SqlState + " " + refused.ConstraintName : error.Message;
                scheduler.Break($"{label} failed: {error.GetType().Name} {reason}");
                answer = "failed";
            }
            scheduler.Trace.Add(scheduler.Now, replica.Process.Name, $"! {label}: {answer}");
            _calls.Remove(call);
        }, null);
    }

    private static EntryKind KindOf(VerbKind kind) => kind switch
    {
        VerbKind.Pay => EntryKind.Purchase,
        VerbKind.Bonus or VerbKind.Gift => EntryKind.Bonus,
        VerbKind.Reinstate => EntryKind.Reinstatement,
        VerbKind.Charge => EntryKind.Runtime,
        VerbKind.Refund => EntryKind.Refund,
        VerbKind.Dispute => EntryKind.Dispute,
        _ => EntryKind.Adjustment,
    };

    private static MeteredUse Use(Money price) => new("sandbox", "echo", 10, 20, Money.Zero, price);

    /// <summary>Its day is the clock's; the rest is the seed and a number.</summary>
    private Guid NextId()
    {
        Span<byte> bytes = stackalloc byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(bytes, scheduler.Now.ToUnixTimeMilliseconds() << 16 | 0x7000);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(bytes[8..], model.Seed);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(bytes[12..], ++_requests);
        return new(bytes, bigEndian: true);
    }

    private sealed record Call(Process Process, string Label, CancellationTokenSource Cancel);
}

internal static class MeteredRequests
{
    /// <summary>Without the seed, which all in a trace share.</summary>
    public static string Tenant(this MeteredRequest request) => request.TenantId[request.TenantId.IndexOf('t', StringComparison.Ordinal)..];
}
