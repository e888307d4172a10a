using System.Globalization;
using System.Text.RegularExpressions;
using Wopr.Audit;
using Wopr.Kernel;

namespace Wopr.Gateway.Catalogue;

/// <summary>What operators do with models: their names, and who answers them.</summary>
internal sealed partial class ModelAdmin(Db db, AuditLog audit)
{
    public static IReadOnlyList<string> Capabilities { get; } = ["chat-completions", "embeddings", "text-completions"];

    public async Task<ModelList> ListAsync(CancellationToken ct)
    {
        var aliases = (await CatalogueSql.AliasesAsync(db, ct)).ToLookup(row => row.Model, row => row.Alias, StringComparer.Ordinal);
        var offers = (await CatalogueSql.OffersAsync(db, ct)).ToLookup(row => row.Model, row => new OfferView(
            row.Provider, row.UpstreamModel, row.Enabled, row.Price is null ? null : PriceView.From(row.Price)), StringComparer.Ordinal);
        return new([.. (await CatalogueSql.ModelsAsync(db, ct)).Select(row => new ModelView(row.Id, row.OwnedBy, row.Capability,
            row.ContextTokens, row.OutputTokensMax, row.Enabled, [.. aliases[row.Id]], [.. offers[row.Id]]))]);
    }

    /// <summary>Adds the model, or changes the one there is.</summary>
    public async Task<Result<Done>> PutAsync(Actor actor, PutModel wanted, CancellationToken ct)
    {
        var fits = IsName(wanted.Id) && wanted.OwnedBy.Trim().Length is > 0 and <= 100 && !wanted.OwnedBy.Any(char.IsControl)
            && wanted.ContextTokens is > 0 and <= 1_000_000_000 && wanted.OutputTokensMax is >= 0 and <= 1_000_000_000;
        if (!fits) { return CatalogueProblems.BadModel; }
        if (!Capabilities.Contains(wanted.Capability)) { return CatalogueProblems.BadCapability; }
        return await db.TransactAsync<Result<Done>>(async tx =>
        {
            if (await AliasExistsAsync(tx, wanted.Id, ct)) { return CatalogueProblems.BadAlias; }
            await tx.ExecuteAsync($"""
                insert into gateway.model (id, owned_by, capability, context_tokens, output_tokens_max, enabled)
                values ({wanted.Id}, {wanted.OwnedBy.Trim()}, {wanted.Capability}, {wanted.ContextTokens}, {wanted.OutputTokensMax},
                        {wanted.IsEnabled})
                on conflict (id) do update
                set owned_by = excluded.owned_by, capability = excluded.capability, context_tokens = excluded.context_tokens,
                    output_tokens_max = excluded.output_tokens_max, enabled = excluded.enabled
                """, ct);
            await audit.WriteAsync(tx, actor, new("gateway.model_set", $"model:{wanted.Id}", Details: new Dictionary<string, string>
            {
                ["capability"] = wanted.Capability,
                ["contextTokens"] = wanted.ContextTokens.ToString(CultureInfo.InvariantCulture),
                ["outputTokensMax"] = wanted.OutputTokensMax.ToString(CultureInfo.InvariantCulture),
                ["enabled"] = wanted.IsEnabled ? "yes" : "no",
            }), ct);
            return Done.Instance;
        }, ct);
    }

    public async Task<Result<Done>> PutAliasAsync(Actor actor, PutAlias wanted, CancellationToken ct)
    {
        if (!IsName(wanted.Alias)) { return CatalogueProblems.BadAlias; }
        return await db.TransactAsync<Result<Done>>(async tx =>
        {
            if (await ModelExistsAsync(tx, wanted.Alias, ct)) { return CatalogueProblems.BadAlias; }
            if (!await ModelExistsAsync(tx, wanted.Model, ct)) { return CatalogueProblems.UnknownModel; }
            await tx.ExecuteAsync($"""
                insert into gateway.alias (alias, model)
                values ({wanted.Alias}, {wanted.Model})
                on conflict (alias) do update
                set model = excluded.model
                """, ct);
            await audit.WriteAsync(tx, actor, new("gateway.alias_set", $"alias:{wanted.Alias}",
                Details: new Dictionary<string, string> { ["model"] = wanted.Model }), ct);
            return Done.Instance;
        }, ct);
    }

    public Task<Result<Done>> RemoveAliasAsync(Actor actor, string alias, CancellationToken ct) => db.TransactAsync<Result<Done>>(async tx =>
    {
        if (!IsName(alias) || await tx.ExecuteAsync($"delete from gateway.alias where alias = {alias}", ct) == 0)
        {
            return CatalogueProblems.UnknownAlias;
        }
        await audit.WriteAsync(tx, actor, new("gateway.alias_removed", $"alias:{alias}"), ct);
        return Done.Instance;
    }, ct);

    public async Task<Result<Done>> PutOfferAsync(Actor actor, PutOffer wanted, CancellationToken ct)
    {
        if (wanted.UpstreamModel.Length is 0 or > 200 || wanted.UpstreamModel.Any(sign => sign is <= ' ' or > '~'))
        {
            return CatalogueProblems.BadUpstreamModel;
        }
        return await db.TransactAsync<Result<Done>>(async tx =>
        {
            if (!await ModelExistsAsync(tx, wanted.Model, ct)) { return CatalogueProblems.UnknownModel; }
            if (await CatalogueSql.LockProviderAsync(tx, wanted.Provider, ct) is null) { return CatalogueProblems.UnknownProvider; }
            await tx.ExecuteAsync($"""
                insert into gateway.offer (model, provider, upstream_model, enabled)
                values ({wanted.Model}, {wanted.Provider}, {wanted.UpstreamModel}, {wanted.IsEnabled})
                on conflict (model, provider) do update
                set upstream_model = excluded.upstream_model, enabled = excluded.enabled
                """, ct);
            await audit.WriteAsync(tx, actor, new("gateway.offer_set", $"model:{wanted.Model}", Details: new Dictionary<string, string>
            {
                ["provider"] = wanted.Provider,
                ["upstreamModel"] = wanted.UpstreamModel,
                ["enabled"] = wanted.IsEnabled ? "yes" : "no",
            }), ct);
            return Done.Instance;
        }, ct);
    }

    public static bool IsName(string text) => Name().IsMatch(text);

    // One lock for both, because an alias and a model must not come to have one name.
    private static async Task<bool> AliasExistsAsync(Db tx, string name, CancellationToken ct)
    {
        await tx.ExecuteAsync($"lock table gateway.alias in share row exclusive mode", ct);
        return await tx.ValueAsync<bool>($"select exists (select from gateway.alias where alias = {name})", ct);
    }

    private static async Task<bool> ModelExistsAsync(Db tx, string id, CancellationToken ct)
    {
        await tx.ExecuteAsync($"lock table gateway.alias in share row exclusive mode", ct);
        return await tx.ValueAsync<bool>($"select exists (select from gateway.model where id = {id})", ct);
    }

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,199}\z")]
    private static partial Regex Name();
}
