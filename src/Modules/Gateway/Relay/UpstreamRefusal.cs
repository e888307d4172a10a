using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Wopr.Gateway.Routing;
using Wopr.Kernel;

namespace Wopr.Gateway.Relay;

/// <summary>A provider's answer that is no answer, and what is to be done about it.</summary>
/// <param name="Failure">What it says of the provider; null when the caller's own request is at fault.</param>
/// <param name="Problem">What the caller is told when nobody else answers either.</param>
internal sealed record UpstreamRefusal(Failure? Failure, Problem Problem, TimeSpan? RetryAfter = null);

internal static partial class UpstreamRefusals
{
    private const int BodyBytesRead = 16 * 1024;
    private const int WordsMax = 300;
    private static readonly TimeSpan s_retryMax = TimeSpan.FromMinutes(2);

    public static async Task<UpstreamRefusal> ReadAsync(HttpResponseMessage answer, bool isOwnKey, CancellationToken ct) => answer.StatusCode switch
    {
        HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity =>
            new(null, GatewayProblems.Refused(ProblemKind.Invalid, await WordsAsync(answer, ct))),
        HttpStatusCode.RequestEntityTooLarge => new(null, GatewayProblems.Refused(ProblemKind.TooLarge, await WordsAsync(answer, ct))),
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden when isOwnKey => new(null, GatewayProblems.OwnKeyRefused),
        HttpStatusCode.TooManyRequests => new(Failure.RateLimited, GatewayProblems.RateLimitedUpstream(Wait(answer)), Wait(answer)),
        // Our key, our balance or our catalogue is wrong there: others may still answer.
        _ => new(Failure.ServerError, GatewayProblems.Failed),
    };

    private static TimeSpan? Wait(HttpResponseMessage answer) =>
        answer.Headers.RetryAfter?.Delta is { } wait && wait > TimeSpan.Zero ? (wait < s_retryMax ? wait : s_retryMax) : null;

    /// <summary>The sentence about the caller's own request, without anything that names us at the provider.</summary>
    private static async Task<string?> WordsAsync(HttpResponseMessage answer, CancellationToken ct)
    {
        try
        {
            await using var stream = await answer.Content.ReadAsStreamAsync(ct);
            var body = new byte[BodyBytesRead];
            var length = await stream.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, ct);
            using var json = JsonDocument.Parse(body.AsMemory(0, length));
            var error = json.RootElement.GetProperty("error");
            return Clean(error.ValueKind == JsonValueKind.String ? error.GetString() : error.GetProperty("message").GetString());
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or IOException or HttpRequestException)
        {
            return null;
        }
        catch (OperationCanceledException)
        {
            // The words took too long, or nobody is there to read them.
            return null;
        }
    }

    internal static string? Clean(string? words)
    {
        if (string.IsNullOrWhiteSpace(words)) { return null; }
        var plain = new string([.. words.Where(sign => !char.IsControl(sign))]);
        plain = Secrets().Replace(Addresses().Replace(plain, "…"), "…").Trim();
        return plain.Length <= WordsMax ? plain : $"{plain[..WordsMax]}…";
    }

    [GeneratedRegex(@"https?://\S+")]
    private static partial Regex Addresses();

    // Keys, organisations, projects and requests, by which a provider knows us; and anything else long and random.
    [GeneratedRegex(@"\b(sk|org|proj|key|req|acct|user)[-_][A-Za-z0-9_*-]{4,}|\b(?=[A-Za-z0-9_-]*[0-9])[A-Za-z0-9_-]{24,}\b")]
    private static partial Regex Secrets();
}
