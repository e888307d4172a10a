using System.Net;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Wopr.Gateway.Catalogue;

namespace Wopr.Gateway.Tests.Catalogue;

public sealed class ImportTests
{
    private const string Listed = """
        {"data":[
          {"id":"openai/gpt-4o","context_length":128000,"pricing":{"prompt":"0.0000025","completion":"0.00001","input_cache_read":"0.00000125"},
           "architecture":{"output_modalities":["text"]},"top_provider":{"max_completion_tokens":16384}},
          {"id":"fast","context_length":32768,"pricing":{"prompt":1.5e-07,"completion":"0.0000000055","request":"0.001"}},
          {"id":"acme/embed","context_length":512,"pricing":{"prompt":"0.00000002"},"architecture":{"output_modalities":["embeddings"]}},
          {"id":"acme/auto","pricing":{"prompt":"-1","completion":"-1"}},
          {"id":"acme/picture","pricing":{"prompt":"0","completion":"0"},"architecture":{"output_modalities":["image"]}},
          {"id":"acme/unpriced"},
          {"id":"gpt-4o-mini/../x y","pricing":{"prompt":"0","completion":"0"}},
          {"id":"acme/long","pricing":{"prompt":"0.00000015000000000000002","completion":"0"}}
        ]}
        """;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_dry_run_says_what_would_change_and_changes_nothing()
    {
        await using var site = await StartAsync();

        var report = await ImportAsync(site, new { });

        Assert.True(report.GetProperty("isDryRun").GetBoolean());
        Assert.Equal(["openai/gpt-4o", "other/fast", "acme/embed"], Names(report, "changes"));
        Assert.Equal(["acme/auto", "acme/picture", "acme/unpriced", "gpt-4o-mini/../x y", "acme/long"], Names(report, "skipped"));
        Assert.Equal(0, await site.Db.ValueAsync<long>($"select count(*) from gateway.offer where provider = 'other'", Ct));
        Assert.Equal("Bearer other-key", site.Provider.Authorization);
    }

    [Fact]
    public async Task What_is_not_known_is_added_with_its_exact_price_and_the_second_time_nothing_is()
    {
        await using var site = await StartAsync();

        await ImportAsync(site, new { isDryRun = false, marginBasisPoints = 2000 });

        await Eventually.IsAsync(() => site.Get<ModelCatalogue>().Find("other/fast") is not null, Ct);
        var fast = site.Get<ModelCatalogue>().Find("other/fast")!;
        Assert.Equal(("other", "chat-completions", 32_768, "fast"), (fast.OwnedBy, fast.Capability, fast.ContextTokens, fast.Offers[0].UpstreamModel));
        Assert.Equal(new(150_000_000, 150_000_000, 150_000_000, 5_500_000, 1_000_000, 2000), fast.Offers[0].Price);
        Assert.Equal("embeddings", site.Get<ModelCatalogue>().Find("acme/embed")!.Capability);
        var gpt = site.Get<ModelCatalogue>().Find("openai/gpt-4o")!.Offers.Single(offer => offer.Provider.Id == "other");
        Assert.Equal(new(2_500_000_000, 1_250_000_000, 2_500_000_000, 10_000_000_000, 0, 2000), gpt.Price);
        var again = await ImportAsync(site, new { isDryRun = false, marginBasisPoints = 5000 });
        Assert.Empty(Names(again, "changes"));
        Assert.Equal(3, again.GetProperty("unchanged").GetInt32());
        Assert.Equal(1, await site.Db.ValueAsync<long>($"select count(*) from audit.event where action = 'gateway.models_imported'", Ct));
    }

    [Fact]
    public async Task A_price_that_changed_is_added_and_keeps_the_margin()
    {
        await using var site = await StartAsync();
        await ImportAsync(site, new { isDryRun = false, marginBasisPoints = 2000 });
        site.Provider.Body = Listed.Replace("0.0000000055", "0.000000006", StringComparison.Ordinal);

        var report = await ImportAsync(site, new { isDryRun = false });

        var change = Assert.Single(report.GetProperty("changes").EnumerateArray());
        Assert.Equal((5_500_000, 6_000_000, 2000), (change.GetProperty("before").GetProperty("outputPerMillion").GetInt64(),
            change.GetProperty("price").GetProperty("outputPerMillion").GetInt64(), change.GetProperty("price").GetProperty("marginBasisPoints").GetInt32()));
        Assert.False(change.GetProperty("addsModel").GetBoolean());
        Assert.Equal(2, await site.Db.ValueAsync<long>($"select count(*) from gateway.price where model = 'other/fast'", Ct));
    }

    [Fact]
    public async Task Many_imports_at_once_add_everything_once()
    {
        await using var site = await StartAsync();

        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => ImportAsync(site, new { isDryRun = false })));

        Assert.Equal(3, await site.Db.ValueAsync<long>($"select count(*) from gateway.price where provider = 'other'", Ct));
    }

    [Theory]
    [InlineData("not json", HttpStatusCode.OK, "gateway.list_unreadable")]
    [InlineData("[]", HttpStatusCode.OK, "gateway.list_unreadable")]
    [InlineData("""{"data":{}}""", HttpStatusCode.OK, "gateway.list_unreadable")]
    [InlineData("""{"data":[]}""", HttpStatusCode.Unauthorized, "gateway.list_unreachable")]
    [InlineData("""{"data":[]}""", HttpStatusCode.Found, "gateway.list_unreachable")]
    public async Task A_provider_without_a_list_is_told_about(string body, HttpStatusCode status, string code)
    {
        await using var site = await StartAsync();
        (site.Provider.Body, site.Provider.Status) = (body, status);

        var answer = await site.AskAsync(HttpMethod.Post, "providers/other/import", new { }, Ct);

        Assert.Equal(code, answer.Body.GetProperty("code").GetString());
        Assert.Equal(HttpStatusCode.NotFound, (await site.AskAsync(HttpMethod.Post, "providers/nobody/import", new { }, Ct)).Status);
    }

    [Fact]
    public void No_list_makes_the_reader_throw()
    {
        string[] odd = ["null", "7", "\"\\ud800\"", "[]", "{}", "{\"prompt\":{}}", "{\"prompt\":\"0\",\"completion\":\"1e-9\"}", "\"acme/x\"", "-1", "1e400"];
        string[] names = ["id", "pricing", "context_length", "architecture", "top_provider", "output_modalities", "modality"];
        var item =
            from count in Gen.Choose(0, 5)
            from fields in Gen.ArrayOf(
                from name in Gen.Elements(names)
                from value in Gen.Elements(odd)
                select $"\"{name}\":{value}", count)
            select $"{{{string.Join(',', fields)}}}";
        var lists = Gen.ArrayOf(Gen.OneOf(item, Gen.Elements(odd)), 3).Select(items => $"{{\"data\":[{string.Join(',', items)}]}}");
        Prop.ForAll(lists.ToArbitrary(), text =>
        {
            using var document = JsonDocument.Parse(text);
            return ListedModel.ReadAll(document.RootElement, "other") is { } read && read.Models.All(model => PriceAdmin.Fits(model.Price));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));
    }

    private static async Task<OperatorSite> StartAsync()
    {
        var site = await OperatorSite.StartAsync(Ct);
        site.Provider.Body = Listed;
        var added = await site.AskAsync(HttpMethod.Post, "providers",
            new { id = "other", dialect = "openai", baseUrl = $"{site.ProviderUrl}/api", apiKey = "other-key" }, Ct);
        Assert.Equal(HttpStatusCode.OK, added.Status);
        return site;
    }

    private static async Task<JsonElement> ImportAsync(OperatorSite site, object body)
    {
        var (status, report) = await site.AskAsync(HttpMethod.Post, "providers/other/import", body, Ct);
        Assert.True(status == HttpStatusCode.OK, $"{report}");
        return report;
    }

    private static IEnumerable<string?> Names(JsonElement report, string list) =>
        report.GetProperty(list).EnumerateArray().Select(item => item.GetProperty("model").GetString());
}
