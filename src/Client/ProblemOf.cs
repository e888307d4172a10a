using System.Net;
using System.Text.Json;
using Wopr.Kernel;

namespace Wopr.Client;

/// <summary>
/// Makes a problem of any refusal: of REST and better-auth bodies, of tRPC envelopes, and of none at all.
/// </summary>
internal static class ProblemOf
{
    public static Problem Unreachable { get; } = new(ProblemKind.Unavailable, "platform.unreachable",
        "WOPR does not answer right now. Try again in a moment.");

    public static Problem Unreadable { get; } = new(ProblemKind.Unavailable, "platform.unreadable",
        "WOPR gave an answer that cannot be read. The dashboard may be older than the platform.");

    public static async Task<Problem> ReadAsync(HttpResponseMessage response, CancellationToken ct)
    {
        var kind = Kind(response.StatusCode);
        try
        {
            await using var body = await response.Content.ReadAsStreamAsync(ct);
            using var document = await JsonDocument.ParseAsync(body, default, ct);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object) { return Bare(kind); }
            if (root.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object)
            {
                return OfTrpc(kind, error);
            }
            var detail = Text(root, "detail") ?? Text(root, "message") ?? Text(root, "error") ?? Bare(kind).Detail;
            return new(kind, Text(root, "code") ?? Bare(kind).Code, detail);
        }
        catch (Exception error) when (error is JsonException or HttpRequestException or IOException)
        {
            return Bare(kind);
        }
    }

    private static Problem OfTrpc(ProblemKind kind, JsonElement error)
    {
        var code = error.TryGetProperty("data", out var data) ? Text(data, "problem") ?? Text(data, "code") : null;
        return new(kind, code ?? Bare(kind).Code, Text(error, "message") ?? Bare(kind).Detail);
    }

    private static Problem Bare(ProblemKind kind) => kind switch
    {
        ProblemKind.NotFound => new(kind, "route.not_found", "There is nothing here."),
        ProblemKind.Unauthenticated => new(kind, "auth.required", "Sign in first."),
        ProblemKind.Forbidden => new(kind, "auth.forbidden", "You may not do this."),
        ProblemKind.LimitReached => new(kind, "rate.limited", "That was too often. Wait a moment, then try again."),
        ProblemKind.Unavailable => Unreachable,
        _ => new(kind, "request.refused", "The request cannot be accepted as it is."),
    };

    private static ProblemKind Kind(HttpStatusCode status) => (int)status switch
    {
        401 => ProblemKind.Unauthenticated,
        402 => ProblemKind.PaymentRequired,
        403 => ProblemKind.Forbidden,
        404 => ProblemKind.NotFound,
        409 or 412 => ProblemKind.Conflict,
        413 => ProblemKind.TooLarge,
        415 => ProblemKind.UnsupportedMediaType,
        422 => ProblemKind.Unprocessable,
        429 => ProblemKind.LimitReached,
        >= 500 => ProblemKind.Unavailable,
        _ => ProblemKind.Invalid,
    };

    private static string? Text(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object
        && parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}
