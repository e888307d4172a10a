using System.Reflection;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Wopr.Kernel;

namespace Wopr.Platform;

/// <summary>What the document says of each route beyond its shape: a name, a summary, who may call it, how it refuses.</summary>
internal static class ApiOperations
{
    public static Task DescribeAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken ct)
    {
        var route = context.Description;
        var metadata = route.ActionDescriptor.EndpointMetadata;
        var words = Words(route.RelativePath ?? "");
        operation.OperationId ??= route.HttpMethod!.ToLowerInvariant() + string.Concat(words.Select(Capital));
        operation.Summary ??= Summary(metadata.OfType<MethodInfo>().LastOrDefault(), words);

        var access = metadata.OfType<Access>().LastOrDefault() ?? Access.PlatformAdmin;
        Refusals(operation, context.Document!, access, isAuth: words is ["auth", ..]);
        return Task.CompletedTask;
    }

    public static void Refusals(OpenApiOperation operation, OpenApiDocument document, Access access, bool isAuth)
    {
        operation.AddExtension("x-access", new JsonNodeExtension(JsonValue.Create(access.Name)));
        operation.Responses ??= [];
        operation.Responses["default"] = ApiParts.Refusal(
            document, "A refusal: its code is stable and its sentence says what to do.", isAuth);
        if (access == Access.Public) { return; }

        operation.Security = ApiParts.Credentials(document);
        operation.Responses["401"] = ApiParts.Refusal(document, "Nobody is signed in, or the token is not valid.", isAuth);
        operation.Responses["403"] = ApiParts.Refusal(
            document, $"The caller is known but may not do this; it needs: {access.Name}.", isAuth);
    }

    // Handlers are named after what they do: SignUpAsync.
    private static string Summary(MethodInfo? handler, string[] words)
    {
        if (handler?.Name is not { } name || name.Contains('<', StringComparison.Ordinal))
        {
            return Sentence(string.Join(' ', words.Length > 1 ? words[1..] : words));
        }
        return Sentence(Sql.Snake(name.EndsWith("Async", StringComparison.Ordinal) ? name[..^5] : name).Replace('_', ' '));
    }

    private static string[] Words(string path) =>
    [
        .. path.Split(['/', '-', '{', '}', ':', '*', '.'], StringSplitOptions.RemoveEmptyEntries)
            .SkipWhile(word => word == "api").DefaultIfEmpty("root"),
    ];

    private static string Capital(string word) => char.ToUpperInvariant(word[0]) + word[1..];

    private static string Sentence(string words) => Capital(words) + ".";
}
