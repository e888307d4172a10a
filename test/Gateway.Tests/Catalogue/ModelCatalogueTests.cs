using Wopr.Gateway.Catalogue;
using Wopr.Kernel;

namespace Wopr.Gateway.Tests.Catalogue;

public sealed class ModelCatalogueTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_fresh_database_offers_models_with_prices_at_the_providers_there_are_keys_for()
    {
        await using var replica = await Replica.StartAsync(Ct);

        Assert.Equal(
            ["anthropic/claude-haiku-4.5", "anthropic/claude-sonnet-4.5", "meta-llama/llama-3.1-8b-instruct", "openai/gpt-4o",
                "openai/gpt-4o-mini", "openai/text-embedding-3-small"],
            replica.Catalogue.Models.Select(model => model.Id));
        var sonnet = replica.Catalogue.Find("claude-sonnet-4-5")!;
        Assert.Equal([("anthropic", "claude-sonnet-4-5"), ("openrouter", "anthropic/claude-sonnet-4.5")],
            sonnet.Offers.Select(offer => (offer.Provider.Id, offer.UpstreamModel)));
        Assert.All(sonnet.Offers, offer => Assert.Equal(
            new(3_000_000_000, 300_000_000, 3_750_000_000, 15_000_000_000, 0, 3000), offer.Price));
        Assert.Equal(("chat-completions", 200_000, 64_000), (sonnet.Capability, sonnet.ContextTokens, sonnet.OutputTokensMax));
        Assert.Equal("https://api.anthropic.com/v1/messages", sonnet.Offers[0].Provider.At("/v1/messages").AbsoluteUri);
        Assert.Equal("https://openrouter.ai/api/v1/models", sonnet.Offers[1].Provider.At("/v1/models").AbsoluteUri);
        Assert.Equal("embeddings", replica.Catalogue.Find("text-embedding-3-small")!.Capability);
    }

    [Theory]
    [InlineData("auto", "openai/gpt-4o-mini")]
    [InlineData("gpt-4o", "openai/gpt-4o")]
    [InlineData("openai/gpt-4o", "openai/gpt-4o")]
    [InlineData("claude-haiku-4.5", "anthropic/claude-haiku-4.5")]
    public async Task A_model_is_found_by_its_name_and_by_its_aliases(string name, string id)
    {
        await using var replica = await Replica.StartAsync(Ct);

        Assert.Equal(id, replica.Catalogue.Find(name)?.Id);
        Assert.Null(replica.Catalogue.Find("gpt-17"));
    }

    [Fact]
    public async Task A_provider_without_a_key_is_ready_for_nobody_but_tenants_with_keys()
    {
        await using var replica = await Replica.StartAsync(Ct, settings: new() { ["PLATFORM_SECRET"] = new('a', 32) });

        var model = replica.Catalogue.Find("gpt-4o")!;
        Assert.All(model.Offers, offer => Assert.False(offer.Provider.IsReady));
        Assert.Empty(replica.Router.Order(model, Dialect.Openai, 0, byok: false));
        Assert.Equal(["openai"], replica.Router.Order(model, Dialect.Openai, 0, byok: true).Select(offer => offer.Provider.Id));
    }

    [Fact]
    public async Task A_server_of_our_own_needs_no_key_and_is_offered_once_it_has_an_address()
    {
        await using var replica = await Replica.StartAsync(Ct, settings: new(Replica.Keys) { ["LLAMA_BASE_URL"] = "http://10.0.0.7:8080/v1/" });

        var offers = replica.Router.Order(replica.Catalogue.Find("llama-3.1-8b-instruct")!, Dialect.Openai, 0, byok: false);

        Assert.Equal(["llama", "openrouter"], offers.Select(offer => offer.Provider.Id));
        Assert.Equal("http://10.0.0.7:8080/v1/models", offers[0].Provider.At("/v1/models").AbsoluteUri);
        Assert.True(offers[0].Provider is { IsOwn: true, ApiKey: null, OnDisconnect: OnDisconnect.Cancel });
    }

    [Fact]
    public async Task A_change_is_known_to_every_replica_within_a_second()
    {
        await using var one = await Replica.StartAsync(Ct);
        await using var two = await Replica.StartAsync(Ct, one.Source);

        await one.Db.ExecuteAsync($"insert into gateway.alias (alias, model) values ('fast', 'openai/gpt-4o-mini')", Ct);

        await Eventually.IsAsync(() => one.Catalogue.Find("fast") is not null && two.Catalogue.Find("fast") is not null, Ct, seconds: 1);
    }

    [Fact]
    public async Task What_operators_set_for_a_provider_goes_before_the_settings()
    {
        await using var replica = await Replica.StartAsync(Ct);

        await replica.Db.ExecuteAsync($"""
            update gateway.provider set on_disconnect = 'cancel', connect_ms = 700, idle_ms = 9000 where id = 'openai'
            """, Ct);
        await replica.Db.ExecuteAsync($"update gateway.provider set enabled = false where id = 'openrouter'", Ct);

        await Eventually.IsAsync(() => replica.Catalogue.Find("gpt-4o")!.Offers is [{ Provider.OnDisconnect: OnDisconnect.Cancel }], Ct);
        var provider = replica.Catalogue.Find("gpt-4o")!.Offers[0].Provider;
        Assert.Equal(UpstreamTimeouts.Standard with { Connect = TimeSpan.FromMilliseconds(700), Idle = TimeSpan.FromSeconds(9) },
            provider.Timeouts);
        Assert.Null(replica.Catalogue.Find("meta-llama/llama-3.1-8b-instruct"));
    }

    [Fact]
    public async Task A_price_in_the_future_begins_by_itself_at_its_time()
    {
        await using var replica = await Replica.StartAsync(Ct);
        await PriceAsync(replica, "now() + interval '1500 milliseconds'", 777);
        await Task.Delay(300, Ct);

        Assert.Equal(150_000_000, InputPrice(replica));
        await Eventually.IsAsync(() => InputPrice(replica) == 777, Ct, seconds: 2);
    }

    [Fact]
    public async Task Of_the_prices_that_have_begun_the_newest_counts_and_of_one_time_the_last_written()
    {
        await using var replica = await Replica.StartAsync(Ct);
        await PriceAsync(replica, "now() - interval '2 hours'", 1);
        await PriceAsync(replica, "timestamptz '2026-06-01'", 2);
        await PriceAsync(replica, "timestamptz '2026-06-01'", 3);
        await PriceAsync(replica, "now() + interval '1 hour'", 4);
        await PriceAsync(replica, "timestamptz '2025-01-01'", 5);

        await Eventually.IsAsync(() => InputPrice(replica) == 1, Ct);
        await replica.Db.ExecuteAsync($"delete from gateway.price where input_per_million = 1", Ct);
        await Eventually.IsAsync(() => InputPrice(replica) == 3, Ct);
    }

    [Fact]
    public async Task An_offer_waits_for_its_first_price()
    {
        await using var replica = await Replica.StartAsync(Ct);
        await replica.Db.ExecuteAsync($"""
            insert into gateway.model (id, owned_by, capability, context_tokens, output_tokens_max)
            values ('acme/free', 'acme', 'chat-completions', 1000, 1000)
            """, Ct);
        await replica.Db.ExecuteAsync(
            $"insert into gateway.offer (model, provider, upstream_model) values ('acme/free', 'openai', 'free')", Ct);
        await replica.Db.ExecuteAsync($"insert into gateway.alias (alias, model) values ('later', 'openai/gpt-4o')", Ct);
        await Eventually.IsAsync(() => replica.Catalogue.Find("later") is not null, Ct);

        Assert.Null(replica.Catalogue.Find("acme/free"));
    }

    [Fact]
    public async Task What_is_disabled_is_not_offered()
    {
        await using var replica = await Replica.StartAsync(Ct);
        await replica.Db.ExecuteAsync($"update gateway.offer set enabled = false where model = 'openai/gpt-4o' and provider = 'openai'", Ct);
        await replica.Db.ExecuteAsync($"update gateway.model set enabled = false where id = 'openai/gpt-4o-mini'", Ct);

        await Eventually.IsAsync(() => replica.Catalogue.Find("auto") is null, Ct);
        Assert.Equal("openrouter", Assert.Single(replica.Catalogue.Find("gpt-4o")!.Offers).Provider.Id);
    }

    [Fact]
    public async Task A_provider_whose_key_does_not_open_is_asked_by_nobody()
    {
        await using var replica = await Replica.StartAsync(Ct);
        var other = new Vault("another-secret-another-secret-32", []).Seal("gateway-providers", "groq", "key"u8);
        await replica.Db.ExecuteAsync($"""
            insert into gateway.provider (id, dialect, base_url, sealed) values ('groq', 'openai', 'https://api.groq.com', {other})
            """, Ct);
        await replica.Db.ExecuteAsync($"update gateway.offer set provider = 'groq' where model = 'openai/gpt-4o' and provider = 'openai'", Ct);
        await replica.Db.ExecuteAsync($"""
            insert into gateway.price (model, provider, input_per_million, cached_input_per_million, cache_write_per_million,
                                       output_per_million, margin_basis_points)
            values ('openai/gpt-4o', 'groq', 1, 1, 1, 1, 0)
            """, Ct);

        await Eventually.IsAsync(() => replica.Catalogue.Find("gpt-4o")!.Offers is [{ Provider.Id: "groq" }, _], Ct);
        Assert.Equal(["openrouter"], replica.Router.Order(replica.Catalogue.Find("gpt-4o")!, Dialect.Openai, 0, byok: false).Select(offer => offer.Provider.Id));
    }

    [Fact]
    public async Task While_the_database_is_away_the_last_catalogue_stays_and_afterwards_it_goes_on()
    {
        await using var replica = await Replica.StartAsync(Ct);
        await replica.Db.ExecuteAsync($"alter table gateway.price rename to price_gone", Ct);
        await replica.Db.ExecuteAsync($"insert into gateway.alias (alias, model) values ('late', 'openai/gpt-4o')", Ct);
        await Task.Delay(500, Ct);

        Assert.NotNull(replica.Catalogue.Find("gpt-4o"));
        Assert.Null(replica.Catalogue.Find("late"));

        await replica.Db.ExecuteAsync($"alter table gateway.price_gone rename to price", Ct);
        await Eventually.IsAsync(() => replica.Catalogue.Find("late") is not null, Ct);
    }

    [Fact]
    public async Task A_provider_never_prints_its_key()
    {
        await using var replica = await Replica.StartAsync(Ct);

        Assert.DoesNotContain("oa-key-for-tests", $"{replica.Catalogue.Find("gpt-4o")}{replica.Catalogue.Find("gpt-4o")!.Offers[0]}",
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://api.example.com", true)]
    [InlineData("http://localhost:8080", true)]
    [InlineData("http://127.0.0.1:3900/models/openai", true)]
    [InlineData("http://10.1.2.3:8000", true)]
    [InlineData("http://[fd00::1]:8000", true)]
    [InlineData("http://vllm:8000", true)]
    [InlineData("http://gpu-1.internal", true)]
    [InlineData("http://api.example.com", false)]
    [InlineData("http://169.254.169.254", false)]
    [InlineData("http://8.8.8.8", false)]
    [InlineData("https://user:secret@api.example.com", false)]
    [InlineData("https://api.example.com/?key=1", false)]
    [InlineData("https://api.example.com/#there", false)]
    [InlineData("ftp://localhost", false)]
    public void Keys_travel_encrypted_except_inside_our_own_networks(string url, bool allowed) =>
        Assert.Equal(allowed, UpstreamAddress.IsAllowed(new(url)));

    [Fact]
    public void A_setting_with_an_address_that_would_send_keys_in_the_open_stops_the_start()
    {
        var reader = new SettingsReader(new Dictionary<string, string> { ["OPENAI_BASE_URL"] = "http://api.openai.com" });
        reader.Read<ProvidersOptions>();

        Assert.StartsWith("OPENAI_BASE_URL must be a full https://", Assert.Single(reader.Faults), StringComparison.Ordinal);
    }

    private static long InputPrice(Replica replica) =>
        replica.Catalogue.Find("gpt-4o-mini")!.Offers.Single(offer => offer.Provider.Id == "openai").Price.InputPerMillion;

    private static async Task PriceAsync(Replica replica, string from, long input)
    {
#pragma warning disable CA2100 // Tests write their own SQL.
        await using var command = replica.Source.CreateCommand($"""
            insert into gateway.price (model, provider, effective_from, input_per_million, cached_input_per_million,
                                       cache_write_per_million, output_per_million, margin_basis_points)
            values ('openai/gpt-4o-mini', 'openai', {from}, {input}, 0, 0, 0, 0)
            """);
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync(Ct);
    }
}
