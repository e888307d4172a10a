using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Net.Http.Headers;
using Microsoft.OpenApi;
using Wopr.Kernel;

namespace Wopr.Platform;

/// <summary><c>/openapi/v1.json</c>: made from the routes at the first request, and the same from then on.</summary>
internal sealed class ApiDocument(IServiceProvider services) : IDisposable
{
    public const string Version = "v1";

    private readonly SemaphoreSlim _one = new(1);
    private (byte[] Json, EntityTagHeaderValue Tag)? _made;

    public async Task<IResult> ShowAsync(HttpContext context, CancellationToken ct)
    {
        var (json, tag) = _made ?? await MakeAsync(ct);
        context.Response.Headers.CacheControl = "public, max-age=300";
        return TypedResults.Bytes(json, "application/json; charset=utf-8", entityTag: tag);
    }

    public void Dispose() => _one.Dispose();

    private async Task<(byte[] Json, EntityTagHeaderValue Tag)> MakeAsync(CancellationToken ct)
    {
        await _one.WaitAsync(ct);
        try
        {
            if (_made is { } made) { return made; }
            var document = await services.GetRequiredKeyedService<IOpenApiDocumentProvider>(Version).GetOpenApiDocumentAsync(ct);
            var json = Encoding.UTF8.GetBytes(await document.SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_1, ct) + "\n");
            var tag = new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(json))[..16]}\"");
            _made = (json, tag);
            return (json, tag);
        }
        finally
        {
            _one.Release();
        }
    }
}

internal static class ApiDocumentRoutes
{
    public static void AddApiDocument(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<ApiDocument>();
        builder.Services.AddOpenApi(ApiDocument.Version, document =>
        {
            document.AddOperationTransformer(ApiOperations.DescribeAsync);
            document.AddDocumentTransformer(ApiParts.CompleteAsync);
            document.AddSchemaTransformer((schema, context, _) =>
            {
                // What has a converter of its own is text all the same.
                var type = context.JsonTypeInfo.Type;
                if (schema.Type is null && (type == typeof(string) || type == typeof(DateTimeOffset))) { schema.Type = JsonSchemaType.String; }
                return Task.CompletedTask;
            });
        });
    }

    public static void MapApiDocument(this IEndpointRouteBuilder routes) =>
        routes.MapGet($"/openapi/{ApiDocument.Version}.json", (ApiDocument document, HttpContext context, CancellationToken ct) =>
            document.ShowAsync(context, ct)).Requires(Access.Public).ExcludeFromDescription();
}
