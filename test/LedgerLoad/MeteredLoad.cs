using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Wopr.Credits;
using Wopr.Kernel;

namespace Wopr.LedgerLoad;

/// <summary>
/// Starts and settles requests of many tenants at a fixed rate, and appends to a file what it was told: a line stands
/// there before anything else happens, so it survives the process.
/// </summary>
internal sealed class MeteredLoad(IServiceProvider services)
{
    private const int Tenants = 50;

    private readonly RequestMeter _meter = services.GetRequiredService<RequestMeter>();
    private readonly string _file = Environment.GetEnvironmentVariable("LEDGER_LOAD_FILE")!;
    private readonly Lock _gate = new();

    public async Task RunAsync(CancellationToken stopping)
    {
        var rate = int.Parse(Environment.GetEnvironmentVariable("LEDGER_LOAD_RATE")!, CultureInfo.InvariantCulture);
        var ledger = services.GetRequiredService<Ledger>();
        for (var tenant = 0; tenant < Tenants; tenant++)
        {
            LedgerPost post = new($"load{tenant}", $"load:{tenant}", EntryKind.Purchase, Money.FromCents(1_000_000), "For the load");
            await ledger.CreditAsync(services.GetRequiredService<Db>(), post, CancellationToken.None);
        }
        var time = TimeProvider.System;
        var (began, sent) = (time.GetTimestamp(), 0L);
        while (!stopping.IsCancellationRequested)
        {
            for (var due = (long)(time.GetElapsedTime(began).TotalSeconds * rate); sent < due; sent++) { _ = OneAsync(sent); }
            await Task.Delay(5, CancellationToken.None);
        }
    }

    private async Task OneAsync(long turn)
    {
        var tenant = $"load{turn * 7919 % Tenants}";
        var id = Guid.CreateVersion7(TimeProvider.System.GetUtcNow());
        var price = new Money(Random.Shared.Next(1, 2_000_000));
        MeteredUse use = new("load", "load", 10, 20, new(price.Nanos / 2), price);
        try
        {
            if ((await _meter.StartAsync(new(id, tenant, null, "chat", "load", "load", new(1_000_000)), CancellationToken.None)).Problem is { } problem)
            {
                Tell($"refused {tenant} {id} {problem.Code}");
                return;
            }
            Tell($"started {tenant} {id}");
            if (turn % 10 == 0)
            {
                _meter.Note(id, use with { Price = new(price.Nanos / 2), Wholesale = new(price.Nanos / 4) });
                await Task.Delay(1500);
            }
            if (turn % 13 == 0)
            {
                await _meter.VoidAsync(id);
                Tell($"voided {tenant} {id}");
                return;
            }
            var settled = await _meter.SettleAsync(tenant, id, use);
            Tell(settled is null ? $"unknown {tenant} {id}" : $"settled {tenant} {id} {settled.Charged.Nanos}");
        }
        catch (Exception error)
        {
            Tell($"failed {tenant} {id} {error.GetType().Name}");
        }
    }

    private void Tell(string line)
    {
        // Two processes append to it; one write of one line is never torn.
        lock (_gate) { File.AppendAllText(_file, line + "\n"); }
    }
}
