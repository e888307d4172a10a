using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using Wopr.Audit;
using Wopr.Kernel;

namespace Wopr.Gateway.Catalogue;

/// <param name="IsDryRun">Only says what would change.</param>
/// <param name="MarginBasisPoints">For offers that are new; the others keep theirs.</param>
internal sealed record ImportModels(bool IsDryRun = true, int MarginBasisPoints = PriceAdmin.MarginStandard);

/// <param name="Before">What was in force; null for an offer without a price.</param>
internal sealed record ImportChange(string Model, bool AddsModel, bool AddsOffer, PriceView Price, PriceView? Before);

internal sealed record ImportReport(
    bool IsDryRun, int Listed, int Unchanged, IReadOnlyList<ImportChange> Changes, IReadOnlyList<SkippedModel> Skipped);

/// <summary>Takes over the models and prices a provider lists: adds what is not known and removes nothing.</summary>
internal sealed class ModelImport : IDisposable
{
    private const long ListBytesMax = 32 * 1024 * 1024;

    private static readonly JsonDocumentOptions s_json = new() { MaxDepth = 32 };

    private readonly Db _db;
    private readonly ProviderKeys _keys;
    private readonly ModelCatalogue _catalogue;
    private readonly AuditLog _audit;
    // A redirect could lead the key elsewhere.
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, ConnectTimeout = TimeSpan.FromSeconds(5) })
    {
        Timeout = TimeSpan.FromSeconds(30),
        MaxResponseContentBufferSize = ListBytesMax,
    };

    public ModelImport(Db db, ProviderKeys keys, ModelCatalogue catalogue, AuditLog audit) =>
        (_db, _keys, _catalogue, _audit) = (db, keys, catalogue, audit);

    public async Task<Result<ImportReport>> RunAsync(Actor actor, string id, ImportModels wanted, CancellationToken ct)
    {
        if (wanted.MarginBasisPoints is < 0 or > PriceAdmin.MarginMax) { return CatalogueProblems.BadPrice; }
        var row = (await CatalogueSql.ProvidersAsync(_db, ct)).FirstOrDefault(row => row.Id == id);
        var fromSettings = _catalogue.FromSettings.FirstOrDefault(known => known.Id == id);
        if (row is null || CatalogueSnapshot.ProviderOf(row, fromSettings, _keys.Open) is not { } provider)
        {
            return CatalogueProblems.UnknownProvider;
        }
        if (!(await FetchAsync(provider, ct)).Succeeded(out var list, out var problem)) { return problem; }
        using (list)
        {
            if (ListedModel.ReadAll(list.RootElement, id) is not { } read) { return CatalogueProblems.ListUnreadable; }
            return await _db.TransactAsync<Result<ImportReport>>(async tx =>
            {
                // One import of a provider at a time, and none of one that is removed meanwhile.
                if (await CatalogueSql.LockProviderAsync(tx, id, ct) is null) { return CatalogueProblems.UnknownProvider; }
                return await ApplyAsync(tx, actor, id, wanted, read.Models, read.Skipped, ct);
            }, ct);
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<Result<JsonDocument>> FetchAsync(Provider provider, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, provider.At("/v1/models"));
        if (provider.ApiKey is { } key)
        {
            if (provider.Dialect == Dialect.Anthropic) { request.Headers.Add("x-api-key", key); }
            else { request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key); }
        }
        if (provider.Dialect == Dialect.Anthropic) { request.Headers.Add("anthropic-version", "2023-06-01"); }
        try
        {
            using var answer = await _http.SendAsync(request, ct);
            if (!answer.IsSuccessStatusCode) { return CatalogueProblems.ListUnreachable; }
            return JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(ct), s_json);
        }
        catch (JsonException)
        {
            return CatalogueProblems.ListUnreadable;
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException && !ct.IsCancellationRequested)
        {
            return CatalogueProblems.ListUnreachable;
        }
    }

    private async Task<ImportReport> ApplyAsync(Db tx, Actor actor, string provider, ImportModels wanted,
        List<ListedModel> listed, List<SkippedModel> skipped, CancellationToken ct)
    {
        var models = (await CatalogueSql.ModelsAsync(tx, ct)).Select(model => model.Id).ToHashSet(StringComparer.Ordinal);
        var aliases = (await CatalogueSql.AliasesAsync(tx, ct)).Select(alias => alias.Alias).ToHashSet(StringComparer.Ordinal);
        var offers = (await CatalogueSql.OffersAsync(tx, ct)).Where(offer => offer.Provider == provider)
            .ToDictionary(offer => offer.Model, StringComparer.Ordinal);
        List<ImportChange> changes = [];
        var unchanged = 0;
        var count = listed.Count + skipped.Count;
        foreach (var model in listed)
        {
            if (aliases.Contains(model.Id))
            {
                skipped.Add(new(model.UpstreamModel, "Its name is an alias here."));
                continue;
            }
            var offer = offers.GetValueOrDefault(model.Id);
            if (offer is not null && offer.UpstreamModel != model.UpstreamModel)
            {
                skipped.Add(new(model.UpstreamModel, $"The provider is asked for {offer.UpstreamModel} instead."));
                continue;
            }
            var before = offer?.Price;
            var price = model.Price with { MarginBasisPoints = before?.MarginBasisPoints ?? wanted.MarginBasisPoints };
            if (offer is not null && before == price)
            {
                unchanged++;
                continue;
            }
            changes.Add(new(model.Id, !models.Contains(model.Id), offer is null, PriceView.From(price), before is null ? null : PriceView.From(before)));
            if (!wanted.IsDryRun) { await AddAsync(tx, provider, model, price, ct); }
        }
        if (!wanted.IsDryRun && changes.Count > 0)
        {
            await _audit.WriteAsync(tx, actor, new("gateway.models_imported", $"provider:{provider}", Details: new Dictionary<string, string>
            {
                ["models"] = changes.Count(change => change.AddsModel).ToString(CultureInfo.InvariantCulture),
                ["offers"] = changes.Count(change => change.AddsOffer).ToString(CultureInfo.InvariantCulture),
                ["prices"] = changes.Count.ToString(CultureInfo.InvariantCulture),
            }), ct);
        }
        return new(wanted.IsDryRun, count, unchanged, changes, skipped);
    }

    private static async Task AddAsync(Db tx, string provider, ListedModel model, Price price, CancellationToken ct)
    {
        await tx.ExecuteAsync($"""
            insert into gateway.model (id, owned_by, capability, context_tokens, output_tokens_max)
            values ({model.Id}, {model.OwnedBy}, {model.Capability}, {model.ContextTokens}, {model.OutputTokensMax})
            on conflict (id) do nothing
            """, ct);
        await tx.ExecuteAsync($"""
            insert into gateway.offer (model, provider, upstream_model)
            values ({model.Id}, {provider}, {model.UpstreamModel})
            on conflict (model, provider) do nothing
            """, ct);
        await PriceAdmin.InsertAsync(tx, model.Id, provider, from: null, price, ct);
    }
}
