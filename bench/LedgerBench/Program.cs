using Npgsql;
using Wopr.Audit;
using Wopr.Credits;
using Wopr.Kernel;
using Wopr.LedgerBench;

// LedgerBench DATABASE_URL ours|naive spread|hot RATE SECONDS [REPLICAS]
if (args is not [var url, var who, var shape, var rate, var seconds, ..] || !PostgresUrl.TryParse(url, out var connection))
{
    Console.Error.WriteLine("LedgerBench postgres://… ours|naive spread|hot PAIRS_A_SECOND SECONDS [REPLICAS]");
    return 2;
}
var replicas = args.Length > 5 ? int.Parse(args[5], null) : 1;
var tenants = shape == "hot" ? ["hot"] : Enumerable.Range(0, 1000).Select(number => $"tenant{number}").ToArray();

await using var source = NpgsqlDataSource.Create(connection);
await new Migrator(source, Migration.Of(typeof(Db).Assembly, typeof(AuditModule).Assembly, typeof(CreditsModule).Assembly))
    .ApplyAsync(appRole: null, last: null, _ => { }, CancellationToken.None);
Db db = new(source);
Ledger ledger = new(new Outbox(TimeProvider.System), new AuditLog());
var run = Guid.CreateVersion7(TimeProvider.System.GetUtcNow()).ToString("N");
foreach (var tenant in tenants)
{
    await ledger.CreditAsync(db, new(tenant, $"{run}:{tenant}", EntryKind.Purchase, Money.FromCents(100_000_00), "Bench"), CancellationToken.None);
}

List<IPairs> targets = [];
for (var replica = 0; replica < replicas; replica++)
{
    targets.Add(who == "naive" ? new NaivePairs(connection) : await OurPairs.StartAsync(connection, db));
}
var before = await Proof.ReadAsync(db);
var load = new OpenLoad(targets, tenants, double.Parse(rate, System.Globalization.CultureInfo.InvariantCulture));
var warm = await load.RunAsync(TimeSpan.FromSeconds(3));
var commitsBefore = await Proof.CommitsAsync(db);
var result = await load.RunAsync(TimeSpan.FromSeconds(int.Parse(seconds, null)));
var commits = await Proof.CommitsAsync(db) - commitsBefore;
foreach (var target in targets) { await target.DisposeAsync(); }
var wrong = await Proof.CheckAsync(db, before, result.Done + warm.Done);
Console.WriteLine($"{who} {shape} replicas={replicas} offered={rate} pairs/s={result.PairsPerSecond:0} p50={result.P50:0.0}ms p99={result.P99:0.0}ms "
    + $"dropped={result.Dropped} failed={result.Failed} pairs/commit={result.Done / (double)Math.Max(1, commits):0.0} {(wrong is null ? "balance=exact" : $"balance=WRONG {wrong}")}");
return wrong is null && result.Failed == 0 ? 0 : 1;
