using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Wopr.Kernel;

/// <summary>An input that is an empty object, or absent.</summary>
public sealed record NoInput;

/// <summary>
/// The procedures that tRPC clients see: thin names over the verbs that REST uses too. A module adds its own when
/// routes are mapped; nothing is added afterwards.
/// </summary>
public sealed class TrpcProcedures
{
    internal static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        PropertyNameCaseInsensitive = false,
        NumberHandling = JsonNumberHandling.Strict,
        MaxDepth = 32,
        Converters = { new PlainText() },
    };

    private readonly Dictionary<string, TrpcProcedure> _byPath = new(StringComparer.Ordinal);

    public IReadOnlyCollection<TrpcProcedure> All => _byPath.Values;

    public TrpcProcedure? Find(string path) => _byPath.GetValueOrDefault(path);

    internal void Add(TrpcProcedure procedure) => _byPath.Add(procedure.Path, procedure);
}

public sealed record TrpcProcedure(
    string Path, bool IsMutation, Access Access, Type Input,
    Func<HttpContext, object, CancellationToken, Task<Result<object?>>> Run);

public static class TrpcRoutes
{
    public static void MapQuery<TIn, TOut>(this IEndpointRouteBuilder routes, string path, Access access,
        Func<HttpContext, TIn, CancellationToken, Task<Result<TOut>>> run) where TIn : class =>
        routes.Add(path, isMutation: false, access, run);

    public static void MapMutation<TIn, TOut>(this IEndpointRouteBuilder routes, string path, Access access,
        Func<HttpContext, TIn, CancellationToken, Task<Result<TOut>>> run) where TIn : class =>
        routes.Add(path, isMutation: true, access, run);

    private static void Add<TIn, TOut>(this IEndpointRouteBuilder routes, string path, bool isMutation, Access access,
        Func<HttpContext, TIn, CancellationToken, Task<Result<TOut>>> run) where TIn : class =>
        routes.ServiceProvider.GetRequiredService<TrpcProcedures>().Add(new(path, isMutation, access, typeof(TIn),
            async (context, input, ct) => (await run(context, (TIn)input, ct)).Map<object?>(value => value)));

    /// <summary>Each procedure declares its own access, so the route itself is open.</summary>
    public static void MapTrpc(this IEndpointRouteBuilder routes) =>
        routes.MapMethods("/trpc/{**path}", [HttpMethods.Get, HttpMethods.Post, HttpMethods.Head], TrpcEndpoint.ServeAsync)
            .Requires(Access.Public)
            .WithIdempotency()
            .ExcludeFromDescription();
}
