using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Wopr.Kernel;

namespace Wopr.Fleet;

internal sealed record TestCredentials(Dictionary<string, string>? Credentials = null);

internal sealed record CredentialsTested(bool Success, string? Error = null);

/// <summary>Tries a service's token before there is a bot to put it into. The token is neither kept nor logged.</summary>
internal sealed class ChannelProbe(FleetOptions options) : IDisposable
{
    private const int TokenCharsMax = 500;
    private const int AnswerBytesMax = 64 * 1024;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false })
    {
        Timeout = Timeout.InfiniteTimeSpan,
        MaxResponseContentBufferSize = AnswerBytesMax,
    };

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/api/channels/{pluginId}/test", TestAsync)
        .Requires(Access.User).WithTags("Channels").WithName("testChannelCredentials");

    public void Dispose() => _http.Dispose();

    // A service that nobody here knows is believed, as the contract has it.
    private static async Task<Ok<CredentialsTested>> TestAsync(
        string pluginId, TestCredentials body, ChannelProbe probe, CancellationToken ct)
    {
        var kind = pluginId.EndsWith("-channel", StringComparison.Ordinal) ? pluginId[..^"-channel".Length] : pluginId;
        if (kind is not ("discord" or "slack" or "telegram")) { return TypedResults.Ok(new CredentialsTested(true)); }
        var token = body.Credentials?.GetValueOrDefault($"{kind}_bot_token")?.Trim() ?? "";
        var error = token.Length is 0 or > TokenCharsMax || token.Any(letter => letter is <= ' ' or > '~' or '/' or '?' or '#' or '%')
            ? $"Give the token as {kind}_bot_token."
            : await probe.TryAsync(kind, token, ct);
        return TypedResults.Ok(new CredentialsTested(error is null, error));
    }

    private async Task<string?> TryAsync(string kind, string token, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(s_patience);
        using var request = Request(kind, token);
        try
        {
            using var response = await _http.SendAsync(request, limit.Token);
            if ((int)response.StatusCode is 401 or 403 or 404) { return "The service does not accept this token. Copy it anew."; }
            if (!response.IsSuccessStatusCode) { return $"The service answers {(int)response.StatusCode} at the moment. Try again."; }
            if (kind == "discord") { return null; }
            using var answer = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(limit.Token));
            return answer.RootElement.TryGetProperty("ok", out var ok) && ok.ValueKind == JsonValueKind.True
                ? null
                : "The service does not accept this token. Copy it anew.";
        }
        catch (Exception fault) when (fault is HttpRequestException or JsonException
            || fault is OperationCanceledException && !ct.IsCancellationRequested)
        {
            return "The service did not answer within 5 seconds. Try again.";
        }
    }

    private HttpRequestMessage Request(string kind, string token)
    {
        if (kind == "telegram") { return new(HttpMethod.Post, new Uri(options.Telegram, $"./bot{token}/getMe")); }
        HttpRequestMessage request = kind == "discord"
            ? new(HttpMethod.Get, new Uri(options.Discord, "users/@me"))
            : new(HttpMethod.Post, new Uri(options.Slack, "auth.test"));
        request.Headers.Authorization = new AuthenticationHeaderValue(kind == "discord" ? "Bot" : "Bearer", token);
        return request;
    }
}
