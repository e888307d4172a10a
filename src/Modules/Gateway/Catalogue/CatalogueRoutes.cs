using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Wopr.Kernel;

namespace Wopr.Gateway.Catalogue;

internal static class CatalogueRoutes
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var admin = routes.MapGroup("/api/admin/gateway").WithTags("Gateway operators").Requires(Access.PlatformAdmin);
        admin.MapGet("/providers", (ProviderAdmin providers, CancellationToken ct) => providers.ListAsync(ct)).WithName("listProviders");
        admin.MapPost("/providers", async (HttpContext context, AddProvider body, ProviderAdmin providers, CancellationToken ct) =>
            (await providers.AddAsync(context.Actor(), body, ct)).ToHttp()).WithName("addProvider");
        admin.MapPatch("/providers/{provider}", async (
            HttpContext context, string provider, ChangeProvider body, ProviderAdmin providers, CancellationToken ct) =>
            (await providers.ChangeAsync(context.Actor(), provider, body, ct)).ToHttp()).WithName("changeProvider");
        admin.MapDelete("/providers/{provider}", async (
            HttpContext context, string provider, ProviderAdmin providers, CancellationToken ct) =>
            (await providers.RemoveAsync(context.Actor(), provider, ct)).ToHttp()).WithName("removeProvider");
        admin.MapPost("/providers/{provider}/import", async (
            HttpContext context, string provider, ImportModels body, ModelImport import, CancellationToken ct) =>
            (await import.RunAsync(context.Actor(), provider, body, ct)).ToHttp()).WithName("importModels");

        // Models have slashes in their names, so they are named in bodies and queries.
        admin.MapGet("/models", (ModelAdmin models, CancellationToken ct) => models.ListAsync(ct)).WithName("listGatewayModels");
        admin.MapPut("/models", async (HttpContext context, PutModel body, ModelAdmin models, CancellationToken ct) =>
            (await models.PutAsync(context.Actor(), body, ct)).ToHttp()).WithName("putModel");
        admin.MapPut("/models/aliases", async (HttpContext context, PutAlias body, ModelAdmin models, CancellationToken ct) =>
            (await models.PutAliasAsync(context.Actor(), body, ct)).ToHttp()).WithName("putModelAlias");
        admin.MapDelete("/models/aliases", async (HttpContext context, string alias, ModelAdmin models, CancellationToken ct) =>
            (await models.RemoveAliasAsync(context.Actor(), alias, ct)).ToHttp()).WithName("removeModelAlias");
        admin.MapPut("/models/offers", async (HttpContext context, PutOffer body, ModelAdmin models, CancellationToken ct) =>
            (await models.PutOfferAsync(context.Actor(), body, ct)).ToHttp()).WithName("putModelOffer");

        admin.MapGet("/prices", PricesAsync).WithName("listPrices");
        admin.MapPost("/prices", async (HttpContext context, AddPrice body, PriceAdmin prices, CancellationToken ct) =>
            (await prices.AddAsync(context.Actor(), body, ct)).ToHttp()).WithName("addPrice");
        admin.MapGet("/margins", (PriceAdmin prices, CancellationToken ct) => prices.MarginsAsync(ct)).WithName("showMargins");
    }

    private static async Task<Results<Ok<Page<PriceEntryView>>, ProblemHttpResult>> PricesAsync(
        string? model, string? cursor, int? limit, PriceAdmin prices, CancellationToken ct)
    {
        if (!Paging<long>.Parse(cursor, limit).Succeeded(out var paging, out var problem)) { return problem.ToHttp(); }
        if (model is not null && !ModelAdmin.IsName(model)) { return CatalogueProblems.UnknownModel.ToHttp(); }
        var rows = await prices.ListAsync(model ?? "", paging, ct);
        return TypedResults.Ok(paging.Of(rows, row => row.Id, PriceEntryView.From));
    }
}
