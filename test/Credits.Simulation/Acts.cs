using Wopr.Kernel;

namespace Wopr.Credits.Simulation;

/// <summary>What callers want next.</summary>
internal sealed class Acts(Scheduler scheduler, Model model, Clients clients, Stripe stripe)
{
    private readonly Random _dice = scheduler.Dice;

    public void Open(Replica replica, Admin admin)
    {
        foreach (var tenant in model.Tenants)
        {
            admin.Execute("""
                with t as (insert into auth.tenant (id, name, kind, created_at) values ($1, $1, 'personal', now()) on conflict do nothing),
                     u as (insert into auth.user (id, name, email, created_at, updated_at) values ($1, $1, $1, now(), now()) on conflict do nothing)
                select 1
                """, tenant);
            admin.Execute("insert into auth.member (tenant_id, user_id, role, joined_at) values ($1, $1, 'owner', now()) on conflict do nothing", tenant);
            clients.Post(replica, Verb(VerbKind.Pay, tenant, tenant == model.Rich ? Money.FromCents(1_000_000) : Cents(400)));
        }
        // The last of three has set itself a limit.
        if (model.Tenants.Length < 3) { return; }
        admin.Execute("""
            insert into credits.cap (tenant_id, capability, period, limit_nanos, used_nanos, since)
            values ($1, '', 'month', $2, 0, '2026-03-01'), ($1, 'chat', 'day', $3, 0, '2026-03-01')
            """, model.Tenants[2], Cents(200).Nanos, Cents(100).Nanos);
    }

    public void Random(List<Replica> up)
    {
        var replica = up[_dice.Next(up.Count)];
        var poor = model.Tenants[1 + _dice.Next(model.Tenants.Length - 1)];
        switch (_dice.Next(120))
        {
            case >= 117: clients.Expire(replica); break;
            case >= 115: clients.Post(replica, Gift()); break;
            case >= 112: stripe.Pay(poor); break;
            case >= 109: stripe.GoOn(); break;
            case >= 100: if (stripe.Next(withHeld: false) is { } delivery) { clients.Deliver(replica, delivery); } break;
            case < 38: Start(replica, _dice.Next(4) == 0 ? model.Rich : poor); break;
            case < 62: EndOne(up); break;
            case < 70: NoteOne(); break;
            case < 76: clients.Post(replica, Verb(_dice.Next(3) == 0 ? VerbKind.Bonus : VerbKind.Pay, Any(), Cents(300))); break;
            case < 80: clients.Post(replica, Verb(VerbKind.Charge, poor, Cents(60))); break;
            case < 84: clients.Post(replica, Verb(_dice.Next(2) == 0 ? VerbKind.Refund : VerbKind.Dispute, poor, Cents(400))); break;
            case < 86: clients.Post(replica, Verb(VerbKind.Reinstate, poor, Cents(200))); break;
            case < 88: clients.Post(replica, Verb(VerbKind.Adjust, poor, _dice.Next(2) == 0 ? Cents(100) : -Cents(100))); break;
            case < 93: if (model.Verbs.Count > 0) { clients.Post(replica, Pick(model.Verbs)); } break;
            case < 95: clients.Freeze(replica, poor, _dice.Next(3) == 0); break;
            case < 97: clients.GiveUp(); break;
            default: StartAgain(replica); break;
        }
    }

    private void Start(Replica replica, string tenant)
    {
        var request = clients.Request(replica, tenant, Cents(30));
        if (_dice.Next(2) == 0)
        {
            clients.Work(replica, request, Price(request));
            return;
        }
        clients.Start(replica, request);
        if (_dice.Next(12) == 0) { clients.Start(replica, request); }
    }

    /// <summary>The id of a request that was there before, here or elsewhere.</summary>
    private void StartAgain(Replica replica)
    {
        if (model.Requests.Count == 0) { return; }
        var known = Pick(model.Requests);
        known.Restarted = true;
        clients.Start(replica, known);
    }

    private void EndOne(List<Replica> up)
    {
        var running = model.Requests.Where(metered => metered is { Accepted: true, EndAsked: false } && metered.Owner.IsUp).ToList();
        if (running.Count == 0 || _dice.Next(8) == 0)
        {
            // Again, or where it never ran.
            if (model.Requests.Count == 0) { return; }
            var known = Pick(model.Requests);
            if (!known.EndAsked && !known.StartEnded) { return; }
            var where = Pick(up);
            if (known.EndAsked || where != known.Owner) { clients.Settle(where, known, Price(known)); }
            return;
        }
        var metered = Pick(running);
        if (_dice.Next(5) == 0) { clients.Void(metered.Owner, metered); }
        else { clients.Settle(metered.Owner, metered, Price(metered)); }
        if (_dice.Next(8) == 0) { clients.Settle(metered.Owner, metered, Price(metered)); }
    }

    private void NoteOne()
    {
        var running = model.Requests.Where(metered => metered.Accepted && metered.Owner.IsUp && (!metered.EndAsked || _dice.Next(4) == 0)).ToList();
        if (running.Count == 0) { return; }
        var metered = Pick(running);
        clients.Note(metered.Owner, metered, Cents(20));
    }

    private string Any() => model.Tenants[_dice.Next(model.Tenants.Length)];

    private T Pick<T>(List<T> items) => items[_dice.Next(items.Count)];

    /// <summary>Mostly within what was held, sometimes far beyond.</summary>
    private Money Price(Metered metered) => _dice.Next(10) switch
    {
        0 => Money.Zero,
        1 => new(metered.Request.Hold.Nanos * 3),
        _ => new(_dice.NextInt64(metered.Request.Hold.Nanos + 1)),
    };

    private Money Cents(int max) => Money.FromCents(1 + _dice.Next(max));

    private Verb Gift()
    {
        Verb gift = new(VerbKind.Gift, Any(), $"gift:{model.Seed}:{model.Verbs.Count}", Cents(300))
        {
            ExpiresAt = scheduler.Now.AddSeconds(1 + _dice.Next(40)),
        };
        model.Verbs.Add(gift);
        return gift;
    }

    /// <summary>What Stripe did not see answered comes until it is; some comes again.</summary>
    public void DeliverTheRest(List<Replica> up, Action rest)
    {
        while (stripe.Next(withHeld: true) is { } delivery)
        {
            clients.Deliver(up[_dice.Next(up.Count)], delivery);
            if (_dice.Next(2) == 0) { rest(); }
        }
        rest();
        foreach (var delivery in model.Deliveries.Where(delivery => !delivery.IsAnswered))
        {
            clients.Deliver(up[_dice.Next(up.Count)], delivery);
            rest();
        }
    }

    private Verb Verb(VerbKind kind, string tenant, Money amount)
    {
        Verb verb = new(kind, tenant, $"{tenant}:{kind}:{model.Verbs.Count}", amount);
        model.Verbs.Add(verb);
        return verb;
    }
}
