using Wopr.Kernel;

namespace Wopr.Credits.Simulation;

/// <summary>At the end of a world, with all at rest: what the dice bring about too rarely to rely on.</summary>
internal sealed class Probes(World world, Scheduler scheduler, Model model, Clients clients, Admin admin)
{
    private const int RepeatsMax = 6;

    public void Run()
    {
        Repeat();
        // What it was given at first may never have arrived.
        Post(VerbKind.Pay, Money.FromCents(100));
        foreach (var replica in world.Up)
        {
            Echo(replica, isPrompt: true);
            Echo(replica, isPrompt: false);
        }
        Starts();
        Overdraw();
        Recall(replica => clients.Freeze(replica, model.Rich, frozen: true));
        Recall(replica => clients.Freeze(replica, model.Rich, frozen: false));
        Recall(_ => Post(VerbKind.Dispute, Free() + new Money(1)));
    }

    /// <summary>Whoever was told what a request cost is told so again, anywhere.</summary>
    private void Repeat()
    {
        var told = model.Requests.Where(metered => metered.Told.Count > 0).ToList();
        for (var count = 0; count < RepeatsMax && told.Count > 0; count++)
        {
            var metered = told[scheduler.Dice.Next(told.Count)];
            clients.Settle(world.Up[scheduler.Dice.Next(world.Up.Count)], metered, metered.Request.Hold);
        }
        world.Rest();
    }

    /// <summary>What began a request is written twice: while its sender repeats it, or when the request is over.</summary>
    private void Echo(Replica replica, bool isPrompt)
    {
        var request = clients.Request(replica, model.Rich, Money.FromCents(5));
        clients.Start(replica, request);
        Late? echo = null;
        while (!request.StartEnded)
        {
            scheduler.Settle();
            var step = scheduler.Runnable().Find(step => step.Owner == replica.Process && step.Label.StartsWith("write batch", StringComparison.Ordinal));
            if (step is not null && echo is null)
            {
                scheduler.Run(step, Fate.Late);
                echo = scheduler.Late[^1];
            }
            else if (step is not null && isPrompt && echo is not null && scheduler.Late.Contains(echo)) { scheduler.Run(echo); }
            else { world.GoOn(); }
        }
        Laws.Must(request.Accepted, $"{Clients.Short(request)}, whose start was written twice, was not accepted");
        clients.Settle(replica, request, request.Request.Hold);
        world.Rest(keepLate: true);
        world.Rest();
    }

    /// <summary>With all at rest: who owes or is frozen starts nothing, and all others can, wherever their money is.</summary>
    private void Starts()
    {
        foreach (var tenant in model.Tenants)
        {
            foreach (var replica in world.Up)
            {
                var (free, owed, frozen, capped) = admin.Query("""
                    select free_nanos + coalesce((select sum(remaining_nanos) from credits.allowance l where l.tenant_id = a.tenant_id), 0)::bigint,
                           owed_nanos, frozen_at is not null, exists (select from credits.cap c where c.tenant_id = a.tenant_id)
                    from credits.account a where tenant_id = $1
                    """, row => (row.GetInt64(0), row.GetInt64(1), row.GetBoolean(2), row.GetBoolean(3)), tenant).SingleOrDefault();
                if (capped) { continue; }
                var wants = frozen ? "credits.frozen" : owed > 0 ? "credits.owing" : free == 0 ? "insufficient_credits" : null;
                var probe = clients.Request(replica, tenant, new(Math.Max(free, 1)));
                string? got = "nothing";
                clients.Start(replica, probe, result => got = result.Problem?.Code);
                world.Rest();
                if (got != wants)
                {
                    throw new LawBrokenException($"{tenant} has {free}, owes {owed}, frozen {frozen}; {replica.Process.Name} told {got ?? "accepted"}");
                }
                if (got is null) { clients.Void(replica, probe); }
                world.Rest();
            }
        }
    }

    /// <summary>Of two requests that hold all there is, the first ends far beyond what it held.</summary>
    private void Overdraw()
    {
        foreach (var tenant in model.Tenants.Skip(1))
        {
            var free = admin.Query("""
                select free_nanos from credits.account a
                where tenant_id = $1 and owed_nanos = 0 and frozen_at is null and not exists (select from credits.cap c where c.tenant_id = a.tenant_id)
                """, row => row.GetInt64(0), tenant).SingleOrDefault();
            if (free < 2) { continue; }
            var replica = world.Up[0];
            var (first, second) = (clients.Request(replica, tenant, new(free / 2)), clients.Request(replica, tenant, new(free - free / 2)));
            foreach (var request in (Metered[])[first, second])
            {
                clients.Start(replica, request);
                world.Rest();
            }
            clients.Settle(replica, first, new(free));
            world.Rest();
            clients.Settle(replica, second, second.Request.Hold);
            world.Rest();
        }
    }

    /// <summary>What replicas had set aside comes back at once, and not only when it was idle for long.</summary>
    private void Recall(Action<Replica> because)
    {
        foreach (var replica in world.Up)
        {
            var request = clients.Request(replica, model.Rich, Money.FromCents(5));
            clients.Start(replica, request);
            world.Rest();
            if (!request.Accepted) { continue; }
            clients.Settle(replica, request, Money.Zero);
            world.Rest();
        }
        because(world.Up[0]);
        world.Rest();
        var (aside, mayUse) = admin.Query("""
            select coalesce((select sum(remaining_nanos) from credits.allowance l where l.tenant_id = a.tenant_id), 0)::bigint,
                   owed_nanos = 0 and frozen_at is null
            from credits.account a where tenant_id = $1
            """, row => (row.GetInt64(0), row.GetBoolean(1)), model.Rich).Single();
        Laws.Must(mayUse || aside == 0, $"replicas keep {aside} of a tenant that may use nothing");
    }

    private void Post(VerbKind kind, Money amount)
    {
        Verb verb = new(kind, model.Rich, $"{model.Rich}:{kind}:probe", amount);
        model.Verbs.Add(verb);
        clients.Post(world.Up[0], verb);
        world.Rest();
    }

    private Money Free() =>
        new(admin.Query("select free_nanos from credits.account where tenant_id = $1", row => row.GetInt64(0), model.Rich).Single());
}
