using System.Net;
using System.Text.Json;
using Wopr.Gateway.Catalogue;
using Wopr.Kernel;

namespace Wopr.Gateway.Tests.Catalogue;

public sealed class OperatorTests
{
    private const string Secret = "sk-other-0123456789";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Only_operators_get_in()
    {
        await using var site = await OperatorSite.StartAsync(Ct, asOperator: false);

        foreach (var path in (string[])["providers", "models", "prices", "margins"])
        {
            Assert.Equal(HttpStatusCode.Forbidden, (await site.AskAsync(HttpMethod.Get, path, null, Ct)).Status);
        }
    }

    [Fact]
    public async Task A_provider_that_is_added_answers_models_once_it_has_an_offer_with_a_price()
    {
        await using var site = await OperatorSite.StartAsync(Ct);

        var (status, view) = await site.AskAsync(HttpMethod.Post, "providers", new
        {
            id = "groq",
            dialect = "openai",
            baseUrl = "https://api.groq.com/openai/v1/",
            apiKey = Secret,
            onDisconnect = "cancel",
            idleMs = 5000,
        }, Ct);
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal("https://api.groq.com/openai", view.GetProperty("baseUrl").GetString());
        Assert.True(view.GetProperty("hasKey").GetBoolean());
        await DoneAsync(site, HttpMethod.Put, "models/offers", new { model = "openai/gpt-4o", provider = "groq", upstreamModel = "gpt-4o-fast" });
        await DoneAsync(site, HttpMethod.Post, "prices", new { model = "openai/gpt-4o", provider = "groq", inputPerMillion = 1, outputPerMillion = 2 });

        await Eventually.IsAsync(() => Offer(site, "gpt-4o", "groq") is not null, Ct);
        var offer = Offer(site, "gpt-4o", "groq")!;
        Assert.Equal((Secret, "gpt-4o-fast", OnDisconnect.Cancel, TimeSpan.FromSeconds(5)),
            (offer.Provider.ApiKey, offer.UpstreamModel, offer.Provider.OnDisconnect, offer.Provider.Timeouts.Idle));
        Assert.Equal(new(1, 1, 1, 2, 0, 3000), offer.Price);
        Assert.Null(offer.Provider.TenantKey);
    }

    [Fact]
    public async Task A_providers_key_is_sealed_and_never_told()
    {
        await using var site = await OperatorSite.StartAsync(Ct);
        var added = await AddAsync(site, "groq");
        var changed = await site.AskAsync(HttpMethod.Patch, "providers/groq", new { apiKey = Secret + "x" }, Ct);
        var list = await site.AskAsync(HttpMethod.Get, "providers", null, Ct);

        Assert.DoesNotContain(Secret, $"{added}{changed.Body}{list.Body}", StringComparison.Ordinal);
        var kept = await site.Db.ValueAsync<string>($"select sealed::text from gateway.provider where id = 'groq'", Ct);
        Assert.DoesNotContain(Convert.ToHexStringLower("sk-other"u8), kept, StringComparison.Ordinal);
        var audit = await site.Db.ValueAsync<string>($"select string_agg(details::text, ' ') from audit.event", Ct);
        Assert.DoesNotContain("sk-other", audit, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stored_key_is_not_sent_to_another_address()
    {
        await using var site = await OperatorSite.StartAsync(Ct);
        await AddAsync(site, "groq");

        Assert.Equal("gateway.key_stays_behind", await CodeAsync(site, HttpMethod.Patch, "providers/groq", new { baseUrl = "https://evil.example" }));
        await DoneAsync(site, HttpMethod.Patch, "providers/groq", new { baseUrl = "https://good.example", apiKey = "another" });
    }

    [Fact]
    public async Task Keys_of_providers_are_sealed_again_when_the_secret_changes()
    {
        await using var site = await OperatorSite.StartAsync(Ct);
        await AddAsync(site, "groq");
        var next = new Vault("another-secret-another-secret-32", [Replica.Keys["PLATFORM_SECRET"]]);
        var log = Microsoft.Extensions.Logging.Abstractions.NullLogger<ProviderKeys>.Instance;
        var store = new ProviderKeys(site.Db, next, log).AsSealedStore();
        Assert.Equal(1, await store.DueAsync(Ct));

        await new Resealer([store]).RunAsync(_ => { }, Ct);

        Assert.Equal(0, await store.DueAsync(Ct));
        var alone = new ProviderKeys(site.Db, new Vault("another-secret-another-secret-32", []), log);
        var row = (await CatalogueSql.ProvidersAsync(site.Db, Ct)).Single(row => row.Id == "groq");
        Assert.Equal(Secret, alone.Open(row));
        Assert.Null(alone.Open(row with { Id = "llama" }));
    }

    [Theory]
    [InlineData("Groq", "openai", "https://api.groq.com", "k", "gateway.bad_provider")]
    [InlineData("groq", "gemini", "https://api.groq.com", "k", "gateway.bad_dialect")]
    [InlineData("groq", "openai", "http://api.groq.com", "k", "gateway.bad_address")]
    [InlineData("groq", "openai", "api.groq.com", "k", "gateway.bad_address")]
    [InlineData("groq", "openai", "https://api.groq.com", "a b", "gateway.bad_provider_key")]
    [InlineData("groq", "openai", "https://api.groq.com", "a\nX-Evil: 1", "gateway.bad_provider_key")]
    [InlineData("openai", "openai", "https://api.groq.com", "k", "gateway.provider_exists")]
    public async Task A_provider_that_cannot_be_is_refused_with_a_reason(string id, string dialect, string baseUrl, string apiKey, string code)
    {
        await using var site = await OperatorSite.StartAsync(Ct);

        Assert.Equal(code, await CodeAsync(site, HttpMethod.Post, "providers", new { id, dialect, baseUrl, apiKey }));
    }

    [Fact]
    public async Task Providers_from_the_settings_keep_their_address_and_stay()
    {
        await using var site = await OperatorSite.StartAsync(Ct);

        Assert.Equal("gateway.provider_from_settings", await CodeAsync(site, HttpMethod.Patch, "providers/openai", new { baseUrl = "https://evil.example" }));
        Assert.Equal("gateway.provider_from_settings", await CodeAsync(site, HttpMethod.Patch, "providers/openai", new { apiKey = "another" }));
        Assert.Equal("gateway.provider_from_settings", await CodeAsync(site, HttpMethod.Delete, "providers/openai", null));
        Assert.Equal("gateway.bad_policy", await CodeAsync(site, HttpMethod.Patch, "providers/openai", new { onDisconnect = "explode" }));
        Assert.Equal("gateway.bad_timeout", await CodeAsync(site, HttpMethod.Patch, "providers/openai", new { connectMs = 1 }));
        Assert.Equal("gateway.unknown_provider", await CodeAsync(site, HttpMethod.Patch, "providers/nobody", new { isEnabled = false }));
        await DoneAsync(site, HttpMethod.Patch, "providers/openai", new { isEnabled = false });
        await Eventually.IsAsync(() => Offer(site, "gpt-4o", "openai") is null, Ct);
    }

    [Fact]
    public async Task A_provider_that_is_removed_takes_its_offers_along_and_leaves_its_prices()
    {
        await using var site = await OperatorSite.StartAsync(Ct);
        await AddAsync(site, "groq");
        await DoneAsync(site, HttpMethod.Put, "models/offers", new { model = "openai/gpt-4o", provider = "groq", upstreamModel = "x" });
        await DoneAsync(site, HttpMethod.Post, "prices", new { model = "openai/gpt-4o", provider = "groq", inputPerMillion = 1, outputPerMillion = 2 });

        Assert.Equal(HttpStatusCode.NoContent, (await site.AskAsync(HttpMethod.Delete, "providers/groq", null, Ct)).Status);

        Assert.Equal(0, await site.Db.ValueAsync<long>($"select count(*) from gateway.offer where provider = 'groq'", Ct));
        Assert.Equal(1, await site.Db.ValueAsync<long>($"select count(*) from gateway.price where provider = 'groq'", Ct));
    }

    [Fact]
    public async Task A_model_and_an_alias_are_added_and_never_share_a_name()
    {
        await using var site = await OperatorSite.StartAsync(Ct);
        var model = new { id = "acme/one", ownedBy = "acme", capability = "chat-completions", contextTokens = 1000, outputTokensMax = 100 };
        await DoneAsync(site, HttpMethod.Put, "models", model);
        await DoneAsync(site, HttpMethod.Put, "models/aliases", new { alias = "one", model = "acme/one" });

        Assert.Equal("gateway.bad_alias", await CodeAsync(site, HttpMethod.Put, "models/aliases", new { alias = "acme/one", model = "openai/gpt-4o" }));
        Assert.Equal("gateway.bad_alias", await CodeAsync(site, HttpMethod.Put, "models",
            new { id = "one", ownedBy = "acme", capability = "chat-completions", contextTokens = 1, outputTokensMax = 1 }));
        Assert.Equal("gateway.unknown_model", await CodeAsync(site, HttpMethod.Put, "models/aliases", new { alias = "two", model = "acme/two" }));
        Assert.Equal("gateway.bad_capability", await CodeAsync(site, HttpMethod.Put, "models",
            new { id = "acme/two", ownedBy = "acme", capability = "dreams", contextTokens = 1, outputTokensMax = 1 }));
        Assert.Equal("gateway.bad_model", await CodeAsync(site, HttpMethod.Put, "models",
            new { id = "acme two", ownedBy = "acme", capability = "embeddings", contextTokens = 1, outputTokensMax = 1 }));
        var list = (await site.AskAsync(HttpMethod.Get, "models", null, Ct)).Body;
        var added = list.GetProperty("models").EnumerateArray().Single(it => it.GetProperty("id").GetString() == "acme/one");
        Assert.Equal("one", added.GetProperty("aliases")[0].GetString());
        Assert.Equal(HttpStatusCode.NoContent, (await site.AskAsync(HttpMethod.Delete, "models/aliases?alias=one", null, Ct)).Status);
        Assert.Equal("gateway.unknown_alias", await CodeAsync(site, HttpMethod.Delete, "models/aliases?alias=one", null));
    }

    [Fact]
    public async Task Prices_begin_later_or_at_once_and_never_in_the_past()
    {
        await using var site = await OperatorSite.StartAsync(Ct);
        object Price(DateTimeOffset? from, long input = 7, int margin = 3000) => new
        {
            model = "openai/gpt-4o",
            provider = "openai",
            inputPerMillion = input,
            outputPerMillion = 9,
            marginBasisPoints = margin,
            effectiveFrom = from,
        };

        Assert.Equal("gateway.past_price", await CodeAsync(site, HttpMethod.Post, "prices", Price(TimeProvider.System.GetUtcNow().AddMinutes(-1))));
        Assert.Equal("gateway.bad_price", await CodeAsync(site, HttpMethod.Post, "prices", Price(null, input: -1)));
        Assert.Equal("gateway.bad_price", await CodeAsync(site, HttpMethod.Post, "prices", Price(null, margin: -1)));
        Assert.Equal("gateway.unknown_offer", await CodeAsync(site, HttpMethod.Post, "prices",
            new { model = "openai/gpt-4o", provider = "anthropic", inputPerMillion = 1, outputPerMillion = 1 }));
        await DoneAsync(site, HttpMethod.Post, "prices", Price(TimeProvider.System.GetUtcNow().AddHours(1), input: 8));
        await DoneAsync(site, HttpMethod.Post, "prices", Price(null));

        await Eventually.IsAsync(() => Offer(site, "gpt-4o", "openai")!.Price.InputPerMillion == 7, Ct);
        var page = (await site.AskAsync(HttpMethod.Get, "prices?model=openai/gpt-4o&limit=2", null, Ct)).Body;
        Assert.Equal([7, 8], page.GetProperty("items").EnumerateArray().Select(row => row.GetProperty("price").GetProperty("inputPerMillion").GetInt64()));
        var rest = (await site.AskAsync(HttpMethod.Get, $"prices?model=openai/gpt-4o&cursor={page.GetProperty("nextCursor").GetString()}", null, Ct)).Body;
        Assert.Equal(2, rest.GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task The_margin_report_shows_cost_margin_and_price_of_each_offer()
    {
        await using var site = await OperatorSite.StartAsync(Ct);

        var report = (await site.AskAsync(HttpMethod.Get, "margins", null, Ct)).Body.GetProperty("margins").EnumerateArray()
            .Single(row => row.GetProperty("model").GetString() == "openai/gpt-4o" && row.GetProperty("provider").GetString() == "openai");

        Assert.Equal((3000, 2_500_000_000, 3_250_000_000, 10_000_000_000, 13_000_000_000), (
            report.GetProperty("marginBasisPoints").GetInt32(), report.GetProperty("inputCost").GetInt64(),
            report.GetProperty("inputPrice").GetInt64(), report.GetProperty("outputCost").GetInt64(), report.GetProperty("outputPrice").GetInt64()));
    }

    [Fact]
    public async Task Everything_that_changes_is_on_the_record()
    {
        await using var site = await OperatorSite.StartAsync(Ct);
        await AddAsync(site, "groq");
        await DoneAsync(site, HttpMethod.Patch, "providers/groq", new { isOwn = true });
        await DoneAsync(site, HttpMethod.Put, "models",
            new { id = "acme/one", ownedBy = "acme", capability = "embeddings", contextTokens = 1, outputTokensMax = 0 });
        await DoneAsync(site, HttpMethod.Put, "models/aliases", new { alias = "one", model = "acme/one" });
        await DoneAsync(site, HttpMethod.Put, "models/offers", new { model = "acme/one", provider = "groq", upstreamModel = "x" });
        await DoneAsync(site, HttpMethod.Post, "prices", new { model = "acme/one", provider = "groq", inputPerMillion = 1, outputPerMillion = 2 });
        await site.AskAsync(HttpMethod.Delete, "models/aliases?alias=one", null, Ct);
        await site.AskAsync(HttpMethod.Delete, "providers/groq", null, Ct);

        Assert.Equal(
            ["gateway.provider_added", "gateway.provider_changed", "gateway.model_set", "gateway.alias_set", "gateway.offer_set",
                "gateway.price_added", "gateway.alias_removed", "gateway.provider_removed"],
            await site.Db.QueryAsync($"select action from audit.event where user_id = 'u1' order by id", row => row.GetString(0), Ct));
    }

    [Fact]
    public async Task The_application_may_not_change_prices_that_were_in_force()
    {
        await using var site = await OperatorSite.StartAsync(Ct);

        Assert.StartsWith("append-only", await site.Db.ValueAsync<string>($"select obj_description('gateway.price'::regclass)", Ct),
            StringComparison.Ordinal);
    }

    private static async Task<JsonElement> AddAsync(OperatorSite site, string id) =>
        await DoneAsync(site, HttpMethod.Post, "providers", new { id, dialect = "openai", baseUrl = "https://api.groq.com/openai", apiKey = Secret });

    private static async Task<JsonElement> DoneAsync(OperatorSite site, HttpMethod method, string path, object body)
    {
        var (status, answer) = await site.AskAsync(method, path, body, Ct);
        Assert.True((int)status < 300, $"{path}: {answer}");
        return answer;
    }

    private static async Task<string?> CodeAsync(OperatorSite site, HttpMethod method, string path, object? body) =>
        (await site.AskAsync(method, path, body, Ct)).Body.GetProperty("code").GetString();

    private static Offer? Offer(OperatorSite site, string model, string provider) =>
        site.Get<ModelCatalogue>().Find(model)?.Offers.FirstOrDefault(offer => offer.Provider.Id == provider);
}
