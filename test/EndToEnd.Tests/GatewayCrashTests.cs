using System.Net.Http.Json;
using Wopr.Testing;

namespace Wopr.EndToEnd.Tests;

/// <summary>
/// The gateway under kill -9: what providers served stands in the books once, and nobody pays for what did not come or
/// gets what is not paid.
/// </summary>
public sealed class GatewayCrashTests(ITestOutputHelper output)
{
    private const int PlatformKills = 6;
    private const int RichClients = 13;
    private const int PoorClients = 3;
    private const long RichCents = 10_000;

    // Some hundred questions' worth.
    private const long PoorCents = 4;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Killing_replicas_and_their_database_while_they_relay_leaves_every_answer_in_the_books_once()
    {
        await using var cluster = await Cluster.StartAsync();
        await using var sandbox = await TestSandbox.StartAsync(Ct);
        await using var stack = await Stack.PrepareAsync(cluster.Source(), replicas: 2, ("GATEWAY_RATE_LIMIT_LLM", "0"));
        await stack.RunAsync("migrate");
        var models = await OfferAsync(stack, sandbox);
        await stack.StartAllAsync();
        var (rich, richKey) = await TenantAsync(stack, "rich@example.com", RichCents);
        var (poor, poorKey) = await TenantAsync(stack, "poor@example.com", PoorCents);
        var credited = await MoneyAsync(stack);

        using var load = new ModelLoad([stack.AddressOf(0), stack.AddressOf(1)], models, stack.Owner);
        load.Start(rich, richKey, RichClients);
        load.Start(poor, poorKey, PoorClients);
        await Disturbance.BreakDatabaseAsync(cluster, stack);
        var kills = await Disturbance.KillReplicasAsync(stack, PlatformKills);
        await Task.Delay(1000, Ct);
        await load.StopAsync();
        await Disturbance.SettledAsync(stack);

        var books = await ModelBooks.ReadAsync(sandbox, stack);
        output.WriteLine(books.Figures(load.Asked));
        books.CheckOnce(load.Asked, kills);
        books.CheckExact();
        books.CheckEstimated(load.Asked);
        books.CheckTold(load.Asked);
        var left = await MoneyAsync(stack);
        foreach (var tenant in (string[])[rich, poor])
        {
            Assert.Equal(credited[tenant] - books.Rows.Where(row => row.Tenant == tenant).Sum(row => row.Charged), left[tenant]);
            Assert.True(left[tenant] >= 0);
        }
        Assert.Contains("0 differences", await stack.RunAsync("credits", "reconcile"), StringComparison.Ordinal);

        // It was a load, and it was disturbed.
        Assert.True(books.Answered.Count() > 500);
        Assert.All(Enum.GetValues<Ending>(), ending => Assert.Contains(load.Asked, one => one.Ending == ending));
    }

    /// <summary>One provider that is read to its end when callers leave, one that is left, and one that often refuses.</summary>
    private static async Task<string[]> OfferAsync(Stack stack, TestSandbox sandbox)
    {
        foreach (var (place, dialect, onDisconnect) in ((string, string, string)[])
            [("drained", "openai", "drain"), (ModelBooks.Cut, "anthropic", "cancel"), ("flaky", "openai", "drain")])
        {
            object words = place == "flaky"
                ? new { place, chunks = 20, pace = 5, delay = 20, key = "none", fault = "503", probability = 0.4 }
                : new { place, chunks = 20, pace = 5, delay = 20, key = "none" };
            (await sandbox.Http.PostAsJsonAsync("/models/control", words, Ct)).EnsureSuccessStatusCode();
            await stack.ExecuteAsync($"""
                insert into gateway.provider (id, dialect, base_url, on_disconnect, first_byte_ms, idle_ms)
                values ('{place}', '{dialect}', '{sandbox.Url}/models/{place}/{dialect}', '{onDisconnect}', 30000, 30000)
                """);
        }
        await ModelAsync(stack, "test/drained", "drained");
        await ModelAsync(stack, "test/left", ModelBooks.Cut);
        await ModelAsync(stack, "test/either", "flaky", ModelBooks.Cut);
        return ["test/drained", "test/left", "test/either"];
    }

    private static async Task ModelAsync(Stack stack, string model, params string[] providers)
    {
        await stack.ExecuteAsync($"""
            insert into gateway.model (id, owned_by, capability, context_tokens, output_tokens_max)
            values ('{model}', 'test', 'chat-completions', 100000, 4000)
            """);
        foreach (var provider in providers)
        {
            await stack.ExecuteAsync($"insert into gateway.offer (model, provider, upstream_model) values ('{model}', '{provider}', 'sandbox/echo')");
            await stack.ExecuteAsync($"""
                insert into gateway.price (model, provider, input_per_million, cached_input_per_million, cache_write_per_million,
                                           output_per_million, margin_basis_points)
                values ('{model}', '{provider}', {ModelBooks.InputPrice}, {ModelBooks.InputPrice}, {ModelBooks.InputPrice},
                        {ModelBooks.OutputPrice}, {ModelBooks.MarginBasisPoints})
                """);
        }
    }

    private static async Task<(string Tenant, string Key)> TenantAsync(Stack stack, string email, long cents)
    {
        using var caller = await new Caller(stack.AddressOf(0)).SignUpAsync(email);
        using var admin = new Caller(stack.AddressOf(0)) { Bearer = Caller.AdminToken };
        var granted = await admin.PostAsync("/api/admin/credits/grant", new { tenant = caller.UserId, amountCents = cents, reason = "Test" });
        Assert.True(granted.IsGood, granted.Raw);
        var made = await caller.PostAsync("/api/gateway/keys", new { name = "test" });
        Assert.True(made.IsGood, made.Raw);
        return (caller.UserId, made.Text("secret"));
    }

    /// <summary>What each tenant has, with what replicas set aside of it.</summary>
    private static async Task<Dictionary<string, long>> MoneyAsync(Stack stack) => (await stack.ReadAsync("""
        select a.tenant_id || ' ' || (a.free_nanos - a.owed_nanos
               + coalesce((select sum(l.remaining_nanos) from credits.allowance l where l.tenant_id = a.tenant_id), 0)::bigint)::text
        from credits.account a
        """)).Select(row => row.Split(' ')).ToDictionary(row => row[0], row => long.Parse(row[1], null));
}
