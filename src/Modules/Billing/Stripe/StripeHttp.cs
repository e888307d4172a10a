using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Wopr.Kernel;

namespace Wopr.Billing;

/// <summary>
/// Calls Stripe by its rules: one key for all tries of a write, so that a try whose answer was lost is not done again, and
/// Stripe itself says with Stripe-Should-Retry whether another try makes sense.
/// </summary>
internal sealed class StripeHttp : IDisposable
{
    /// <summary>Answers have the fields of this version, whatever the account's own is.</summary>
    public const string Version = "2024-06-20";

    private const int TriesMax = 3;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan s_waitFirst = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_waitMax = TimeSpan.FromSeconds(5);

    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.Strict,
    };

    private readonly HttpClient _http;
    private readonly TimeProvider _time;
    private readonly ILogger<StripeHttp> _logger;

    public StripeHttp(Uri apiBase, string key, HttpMessageHandler handler, TimeProvider time, ILogger<StripeHttp> logger)
    {
        (_time, _logger) = (time, logger);
        _http = new(handler) { BaseAddress = new($"{apiBase.AbsoluteUri.TrimEnd('/')}/"), Timeout = s_patience };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        _http.DefaultRequestHeaders.Add("Stripe-Version", Version);
        _http.DefaultRequestHeaders.UserAgent.ParseAdd("wopr-platform/1");
    }

    public async Task<Result<T>> GetAsync<T>(string path, StripeForm query, CancellationToken ct) where T : class =>
        await SendAsync<T>(HttpMethod.Get,
            query.Fields.Count == 0 ? path : $"{path}?{await query.QueryAsync(ct)}", form: null, key: null, ct);

    /// <param name="key">The same at every attempt to do the same thing.</param>
    public Task<Result<T>> PostAsync<T>(string path, StripeForm form, string key, CancellationToken ct) where T : class =>
        SendAsync<T>(HttpMethod.Post, path, form, key, ct);

    public void Dispose() => _http.Dispose();

    private async Task<Result<T>> SendAsync<T>(HttpMethod method, string path, StripeForm? form, string? key, CancellationToken ct)
        where T : class
    {
        for (var tries = 1; ; tries++)
        {
            using var request = new HttpRequestMessage(method, path);
            if (form is not null) { request.Content = new FormUrlEncodedContent(form.Fields); }
            if (key is not null) { request.Headers.Add("Idempotency-Key", key); }
            TimeSpan? asked = null;
            Problem problem;
            bool again;
            try
            {
                using var response = await _http.SendAsync(request, ct);
                if (response.IsSuccessStatusCode) { return await ReadAsync<T>(response, ct); }
                var fault = await FaultAsync(response, ct);
                (problem, again) = (ProblemOf(response.StatusCode, fault), IsWorthAnother(response, fault));
                asked = response.Headers.RetryAfter?.Delta;
                if (!again || tries == TriesMax)
                {
                    Log.StripeRefused(_logger, method.Method, Plain(path), (int)response.StatusCode, Reason(fault),
                        response.Headers.TryGetValues("Request-Id", out var ids) ? ids.First() : "none");
                }
            }
            catch (Exception error) when (error is HttpRequestException or IOException
                || (error is OperationCanceledException && !ct.IsCancellationRequested))
            {
                (problem, again) = (StripeProblems.Unreachable, true);
                if (tries == TriesMax) { Log.StripeSilent(_logger, method.Method, Plain(path), error.GetType().Name); }
            }
            if (!again || tries == TriesMax) { return problem; }
            await Task.Delay(Wait(tries, asked), _time, ct);
        }
    }

    private static bool IsWorthAnother(HttpResponseMessage response, StripeFault? fault)
    {
        if (response.Headers.TryGetValues("Stripe-Should-Retry", out var said))
        {
            if (said.First() is "true") { return true; }
            if (said.First() is "false") { return false; }
        }
        return response.StatusCode is HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError
            || (response.StatusCode == HttpStatusCode.Conflict && fault?.Code == "lock_timeout");
    }

    private static TimeSpan Wait(int tries, TimeSpan? asked)
    {
        var wait = s_waitFirst * Math.Pow(2, tries - 1) * (0.5 + (Random.Shared.NextDouble() / 2));
        return asked > wait ? (asked < s_waitMax ? asked.Value : s_waitMax) : wait;
    }

    private static async Task<Result<T>> ReadAsync<T>(HttpResponseMessage response, CancellationToken ct) where T : class
    {
        try
        {
            await using var body = await response.Content.ReadAsStreamAsync(ct);
            return await JsonSerializer.DeserializeAsync<T>(body, s_json, ct) is { } value ? value : StripeProblems.Unreadable;
        }
        catch (JsonException)
        {
            return StripeProblems.Unreadable;
        }
    }

    private static async Task<StripeFault?> FaultAsync(HttpResponseMessage response, CancellationToken ct)
    {
        try
        {
            await using var body = await response.Content.ReadAsStreamAsync(ct);
            return (await JsonSerializer.DeserializeAsync<FaultAnswer>(body, s_json, ct))?.Error;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    // Stripe's own sentences may quote the key or a card's owner, so only its codes are told.
    private static Problem ProblemOf(HttpStatusCode status, StripeFault? fault) => status switch
    {
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => StripeProblems.KeyRefused,
        HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError => StripeProblems.Unreachable,
        _ when fault?.Type == "card_error" => StripeProblems.Declined(Word(fault.DeclineCode) ?? Word(fault.Code)),
        _ when fault?.Code == "resource_missing" || status == HttpStatusCode.NotFound => StripeProblems.NotThere(Word(fault?.Param)),
        _ => StripeProblems.Refused(Reason(fault)),
    };

    private static string Reason(StripeFault? fault) => string.Join(", ", new[] { Word(fault?.Type), Word(fault?.Code), Word(fault?.Param) }
        .OfType<string>().DefaultIfEmpty("no reason given"));

    private static string? Word(string? text) => text is { Length: > 0 and <= 100 }
        && text.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter is '_' or '[' or ']')
            ? text
            : null;

    private static string Plain(string path) => path.Split('?')[0];

    private sealed record FaultAnswer(StripeFault? Error);

    private sealed record StripeFault(string? Type, string? Code, string? DeclineCode, string? Param);
}
