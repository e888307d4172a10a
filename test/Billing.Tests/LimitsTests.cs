using System.Text.Json;
using Wopr.Kernel;

namespace Wopr.Billing.Tests;

public sealed class LimitsTests : IAsyncLifetime
{
    private const string Tenant = RuntimeBilling.Tenant;

    private static readonly Actor s_owner = new(ActorKind.User, Tenant) { UserId = Tenant, TenantId = Tenant, Role = Role.Owner, Scope = Scope.Write };

    private RuntimeBilling _billing = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _billing = await RuntimeBilling.StartAsync();

    public ValueTask DisposeAsync() => _billing.DisposeAsync();

    [Fact]
    public async Task What_is_set_is_shown_and_the_ledger_holds_the_caps()
    {
        const string Set = """
            {"global":{"alertAt":5,"hardCap":10.5},"perCapability":{"text-gen":{"alertAt":null,"hardCap":2}},"daily":{"global":{"alertAt":null,"hardCap":0},"perCapability":{}}}
            """;
        Assert.Equal(Set, await SetAsync(Set));
        Assert.Equal(Set, Text(await _billing.Get<SpendingLimits>().ShowAsync(s_owner, Ct)));
        Assert.Equal([" day 0", " month 10500000000", "text-gen month 2000000000"], await _billing.Db.QueryAsync(
            $"select capability || ' ' || period || ' ' || limit_nanos from credits.cap order by 1", row => row.GetString(0), Ct));

        const string None = """
            {"global":{"alertAt":null,"hardCap":null},"perCapability":{},"daily":{"global":{"alertAt":null,"hardCap":null},"perCapability":{}}}
            """;
        Assert.Equal(None, await SetAsync("{}"));
        Assert.Equal(0, await _billing.Db.ValueAsync<long>($"select count(*) from credits.cap", Ct));
    }

    [Theory]
    [InlineData("""{"global":{"hardCap":-1}}""", "billing.bad_limit")]
    [InlineData("""{"daily":{"global":{"alertAt":1000001}}}""", "billing.bad_limit")]
    [InlineData("""{"perCapability":{"Text Gen":{"hardCap":1}}}""", "billing.bad_capability")]
    [InlineData("""{"perCapability":{"":{"hardCap":1}}}""", "billing.bad_capability")]
    public async Task What_is_no_limit_is_refused(string body, string code) =>
        Assert.Equal(code, (await _billing.Get<SpendingLimits>().UpdateAsync(s_owner, Parse(body), Ct)).Problem?.Code);

    [Fact]
    public async Task Each_mark_is_told_once_in_its_period()
    {
        await SetAsync("""{"global":{"alertAt":5,"hardCap":10},"daily":{"perCapability":{"text-gen":{"hardCap":100}}}}""");
        await SpendAsync(4.99m);
        Assert.Empty(await AlertsAsync());
        await SpendAsync(0.01m);
        Assert.Equal(["This month|$5.00|your alert at $5.00"], await AlertsAsync());
        await SpendAsync(1);
        Assert.Single(await AlertsAsync());
        await SpendAsync(2);
        Assert.Equal("This month|$8.00|80 % of your limit of $10.00", (await AlertsAsync())[1]);
        await SpendAsync(2);
        Assert.Equal("This month|$10.00|your limit of $10.00", (await AlertsAsync())[2]);

        // Set again as it was, nothing is told again; a new month tells anew, of the highest mark only.
        await SetAsync("""{"global":{"alertAt":5,"hardCap":10},"daily":{"perCapability":{"text-gen":{"hardCap":100}}}}""");
        await _billing.Get<SpendingAlerts>().RunAsync(Ct);
        Assert.Equal(3, (await AlertsAsync()).Count);
        _billing.Clock.Time = new(2026, 4, 1, 12, 0, 0, TimeSpan.Zero);
        await SpendAsync(90, "other");
        Assert.Equal("This month|$90.00|your limit of $10.00", (await AlertsAsync())[3]);
        await SpendAsync(80);
        Assert.Equal("Today, for text-gen,|$80.00|80 % of your limit of $100.00", (await AlertsAsync())[4]);
        _billing.Clock.Pass(TimeSpan.FromDays(1));
        await SpendAsync(79);
        Assert.Equal(5, (await AlertsAsync()).Count);
    }

    [Fact]
    public async Task Two_that_look_at_once_tell_once()
    {
        await SetAsync("""{"global":{"alertAt":1}}""");
        await SpendAsync(2, look: false);
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => _billing.Get<SpendingAlerts>().RunAsync(Ct)));
        Assert.Single(await AlertsAsync());
    }

    private async Task SpendAsync(decimal dollars, string capability = "text-gen", bool look = true)
    {
        var nanos = (long)(dollars * 1_000_000_000);
        await _billing.Db.ExecuteAsync($"""
            insert into credits.usage_hour (tenant_id, hour, capability, provider, model, bot_id, requests, estimated, input_units,
                output_units, wholesale_nanos, price_nanos, charged_nanos)
            values ({Tenant}, date_trunc('hour', {_billing.Clock.Time}, 'UTC'), {capability}, 'p', gen_random_uuid()::text, null, 1, 0, 1, 1,
                {nanos}, {nanos}, {nanos})
            """, Ct);
        if (look) { await _billing.Get<SpendingAlerts>().RunAsync(Ct); }
    }

    private Task<List<string>> AlertsAsync() => _billing.Db.QueryAsync($"""
        select concat_ws('|', content->>'what', content->>'spent', content->>'mark')
        from notices.mail
        where template = 'spending-alert'
        order by created_at, id
        """, row => row.GetString(0), Ct);

    private async Task<string> SetAsync(string body)
    {
        Assert.True((await _billing.Get<SpendingLimits>().UpdateAsync(s_owner, Parse(body), Ct)).Succeeded(out var view, out var problem), problem?.Detail);
        return Text(view);
    }

    private static SpendingView Parse(string body) => JsonSerializer.Deserialize<SpendingView>(body, JsonSerializerOptions.Web)!;

    private static string Text(SpendingView view) => JsonSerializer.Serialize(view, JsonSerializerOptions.Web);
}
