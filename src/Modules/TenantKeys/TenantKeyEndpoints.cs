using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Wopr.Kernel;

namespace Wopr.TenantKeys;

internal sealed record TenantKeyList(IReadOnlyList<TenantKeyView> Keys);

/// <param name="Provider">May repeat the provider of the address.</param>
internal sealed record PutTenantKey(string ApiKey, string? Label = null, string? Provider = null);

internal sealed record TenantKeyOk(bool Ok, string? Id, string Provider);

internal sealed record KeyOfProvider(string Provider);

internal sealed record StoreKey(string Provider, string ApiKey, string? Label = null);

internal sealed record TestKey(string Provider, string Key);

/// <param name="Checked">What was looked at: only the form, no provider was asked.</param>
internal sealed record KeyTest(bool Valid, string? Error, string Checked = "shape");

internal static class TenantKeyEndpoints
{
    private static readonly Access s_read = Access.Tenant(Role.Member);
    private static readonly Access s_write = Access.Tenant(Role.Admin);

    public static void Map(IEndpointRouteBuilder routes)
    {
        var keys = routes.MapGroup("/api/tenant-keys").WithTags("TenantKeys");
        keys.MapGet("/", ListAsync).Requires(s_read);
        keys.MapGet("/{provider}", FindAsync).Requires(s_read);
        keys.MapPut("/{provider}", PutAsync).Requires(s_write);
        keys.MapDelete("/{provider}", DeleteAsync).Requires(s_write);

        routes.MapQuery<NoInput, IReadOnlyList<TenantKeyView>>("capabilities.listKeys", s_read, async (context, _, ct) =>
            new List<TenantKeyView>(await Store(context).ListAsync(context.Actor(), ct)));
        routes.MapQuery<KeyOfProvider, TenantKeyView>("capabilities.getKey", s_read, (context, input, ct) =>
            Store(context).FindAsync(context.Actor(), input.Provider, ct));
        routes.MapMutation<StoreKey, TenantKeyOk>("capabilities.storeKey", s_write, async (context, input, ct) =>
            (await Store(context).StoreAsync(context.Actor(), input.Provider, input.ApiKey, input.Label, ct))
                .Map(key => new TenantKeyOk(true, key.Id, key.Provider)));
        routes.MapMutation<KeyOfProvider, TenantKeyOk>("capabilities.deleteKey", s_write, async (context, input, ct) =>
            (await Store(context).DeleteAsync(context.Actor(), input.Provider, ct))
                .Map(_ => new TenantKeyOk(true, null, input.Provider)));
        routes.MapMutation<TestKey, KeyTest>("capabilities.testKey", s_read, (_, input, _) => Task.FromResult(Test(input)));
    }

    private static async Task<Ok<TenantKeyList>> ListAsync(HttpContext context, TenantKeyStore store, CancellationToken ct) =>
        TypedResults.Ok(new TenantKeyList(await store.ListAsync(context.Actor(), ct)));

    private static async Task<Results<Ok<TenantKeyView>, ProblemHttpResult>> FindAsync(
        HttpContext context, string provider, TenantKeyStore store, CancellationToken ct) =>
        (await store.FindAsync(context.Actor(), provider, ct)).Succeeded(out var key, out var problem)
            ? TypedResults.Ok(key)
            : Refuse(problem);

    private static async Task<Results<Ok<TenantKeyOk>, ProblemHttpResult>> PutAsync(
        HttpContext context, string provider, PutTenantKey body, TenantKeyStore store, CancellationToken ct)
    {
        if (body.Provider is { } named && named != provider) { return TenantKeyProblems.OtherProvider.ToHttp(); }
        var outcome = await store.StoreAsync(context.Actor(), provider, body.ApiKey, body.Label, ct);
        return outcome.Succeeded(out var key, out var problem)
            ? TypedResults.Ok(new TenantKeyOk(true, key.Id, key.Provider))
            : Refuse(problem);
    }

    private static async Task<Results<Ok<TenantKeyOk>, ProblemHttpResult>> DeleteAsync(
        HttpContext context, string provider, TenantKeyStore store, CancellationToken ct) =>
        (await store.DeleteAsync(context.Actor(), provider, ct)).Succeeded(out _, out var problem)
            ? TypedResults.Ok(new TenantKeyOk(true, null, provider))
            : Refuse(problem);

    // The contract tells the providers there are.
    private static ProblemHttpResult Refuse(Problem problem) => problem == TenantKeyProblems.UnknownProvider
        ? TypedResults.Problem(detail: problem.Detail, statusCode: problem.Kind.Status(),
            extensions: [new("code", problem.Code), new("validProviders", KeyProviders.Names)])
        : problem.ToHttp();

    private static Result<KeyTest> Test(TestKey input)
    {
        if (!KeyProviders.TryParse(input.Provider, out var provider)) { return TenantKeyProblems.UnknownProvider; }
        var fault = KeyProviders.ShapeFault(provider.Value, input.Key.Trim());
        return new KeyTest(fault is null, fault);
    }

    private static TenantKeyStore Store(HttpContext context) =>
        context.RequestServices.GetRequiredService<TenantKeyStore>();
}
