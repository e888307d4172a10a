using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Wopr.Platform.Tests;

/// <summary>
/// Made-up requests at every route that the API document lists. Whatever comes, the answer is no fault of ours, and a
/// refusal has a code. FUZZ_SEED repeats a run that failed.
/// </summary>
public sealed partial class OddRequestTests : IAsyncLifetime
{
    private const int RequestsPerRoute = 60;

    private readonly int _seed = int.Parse(Environment.GetEnvironmentVariable("FUZZ_SEED") ?? "2026", CultureInfo.InvariantCulture);
    private TestPlatform _platform = null!;
    private OddValues _odd = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _platform = await TestPlatform.StartAsync(Ct);
        _odd = new(new Random(_seed));
    }

    public ValueTask DisposeAsync() => _platform.DisposeAsync();

    [Fact]
    public async Task No_body_breaks_a_route()
    {
        var routes = (await RoutesAsync()).ToList();
        Assert.NotEmpty(routes);
        for (var index = 0; index < routes.Count; index++)
        {
            var (method, path) = routes[index];
            // A route may end the session, so each gets a fresh one.
            var (cookie, _) = await _platform.SignUpAsync($"odd{index}@example.com", Ct);
            for (var request = 0; request < RequestsPerRoute; request++)
            {
                await SendAsync(method, Hole().Replace(path, _ => Uri.EscapeDataString(_odd.Text())), cookie, _odd.Body());
            }
        }
    }

    [Fact]
    public async Task No_input_breaks_a_procedure()
    {
        var (cookie, _) = await _platform.SignUpAsync("odd@example.com", Ct);
        var procedures = await ProceduresAsync();
        Assert.NotEmpty(procedures);
        for (var request = 0; request < 1500; request++)
        {
            var count = _odd.Next(5) == 0 ? _odd.Next(80) : _odd.Next(3);
            var names = string.Join(',', Enumerable.Range(0, count + 1).Select(_ =>
                _odd.Next(4) == 0 ? Uri.EscapeDataString(_odd.Text()) : procedures[_odd.Next(procedures.Count)]));
            var input = Uri.EscapeDataString(Encoding.Latin1.GetString(_odd.Body()));
            var batch = _odd.Next(2) == 0 ? "&batch=1" : "";
            await (_odd.Next(2) == 0
                ? SendAsync(HttpMethod.Get, $"/trpc/{names}?input={input[..Math.Min(input.Length, 4000)]}{batch}", cookie, body: null)
                : SendAsync(HttpMethod.Post, $"/trpc/{names}?{batch}", cookie, _odd.Body()));
        }
    }

    [Fact]
    public async Task No_header_breaks_the_way_in()
    {
        var (cookie, _) = await _platform.SignUpAsync("heads@example.com", Ct);
        for (var request = 0; request < 1000; request++)
        {
            using var message = new HttpRequestMessage(HttpMethod.Get, "/trpc/billing.creditsBalance?input=%7B%7D");
            message.Headers.TryAddWithoutValidation("Cookie", _odd.Next(2) == 0 ? _odd.Broken(cookie) : $"{cookie.Split('=')[0]}={_odd.Header()}");
            if (_odd.Next(3) == 0) { message.Headers.TryAddWithoutValidation("Authorization", $"Bearer {_odd.Header()}"); }
            if (_odd.Next(3) == 0) { message.Headers.TryAddWithoutValidation("X-Tenant-Id", _odd.Header()); }
            if (_odd.Next(3) == 0) { message.Headers.TryAddWithoutValidation("X-Forwarded-For", _odd.Header()); }
            if (_odd.Next(3) == 0) { message.Headers.TryAddWithoutValidation("Idempotency-Key", _odd.Header()); }
            await CheckAsync(message);
        }
    }

    [Theory]
    [InlineData(10)]
    [InlineData(100)]
    [InlineData(100_000)]
    public async Task Depth_is_refused_and_not_climbed(int depth)
    {
        var (cookie, _) = await _platform.SignUpAsync("deep@example.com", Ct);
        var deep = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("{\"a\":[", depth)) + new string('1', 1)
            + string.Concat(Enumerable.Repeat("]}", depth)));
        await SendAsync(HttpMethod.Post, "/trpc/billing.creditsBalance", cookie, deep);
        await SendAsync(HttpMethod.Post, "/trpc/billing.creditsBalance,billing.creditsBalance?batch=1", cookie, deep);
        await SendAsync(HttpMethod.Post, "/api/auth/update-user", cookie, deep);
    }

    private async Task SendAsync(HttpMethod method, string path, string? cookie, byte[]? body)
    {
        using var message = new HttpRequestMessage(method, path);
        if (cookie is not null && _odd.Next(5) != 0) { message.Headers.Add("Cookie", cookie); }
        if (body is not null)
        {
            message.Content = new ByteArrayContent(body);
            var type = _odd.Next(12) == 0 ? "text/plain" : "application/json";
            if (_odd.Next(20) != 0) { message.Content.Headers.ContentType = new MediaTypeHeaderValue(type); }
        }
        await CheckAsync(message);
    }

    private async Task CheckAsync(HttpRequestMessage message)
    {
        using var answer = await _platform.Http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, Ct);
        // What never ends is not read.
        var isEndless = answer.Content.Headers.ContentType?.MediaType == "text/event-stream";
        var text = isEndless ? "" : await answer.Content.ReadAsStringAsync(Ct);
        var asked = message.Content is null ? "" : Convert.ToBase64String(await message.Content.ReadAsByteArrayAsync(Ct));
        var what = $"seed {_seed}: {message.Method} {message.RequestUri} {message.Headers} {asked}\n{(int)answer.StatusCode} {text}";
        Assert.True(answer.StatusCode < HttpStatusCode.InternalServerError, what);
        // The web server itself refuses what is no HTTP, before any of our code, and closes the connection.
        if (answer.StatusCode >= HttpStatusCode.BadRequest && text.Length == 0 && answer.Headers.ConnectionClose == true) { return; }
        // Stripe's webhook answers what the contract says to the byte, and that is a sentence alone.
        var isWebhook = message.RequestUri!.OriginalString.EndsWith("/api/billing/webhook", StringComparison.Ordinal);
        if (answer.StatusCode >= HttpStatusCode.BadRequest && !isWebhook) { Assert.True(Code().IsMatch(text), what); }
        Assert.False(Internals().IsMatch(text), what);
    }

    private async Task<IEnumerable<(HttpMethod Method, string Path)>> RoutesAsync()
    {
        using var document = await DocumentAsync();
        return
        [
            .. from path in document.RootElement.GetProperty("paths").EnumerateObject()
               where !path.Name.StartsWith("/trpc/", StringComparison.Ordinal)
               from operation in path.Value.EnumerateObject()
               select (HttpMethod.Parse(operation.Name), path.Name),
        ];
    }

    private async Task<List<string>> ProceduresAsync()
    {
        using var document = await DocumentAsync();
        return
        [
            .. from operation in document.RootElement.GetProperty("paths").GetProperty("/trpc/{procedure}").EnumerateObject()
               let schema = operation.Value.GetProperty("parameters")[0].GetProperty("schema")
               where schema.TryGetProperty("enum", out _)
               from name in schema.GetProperty("enum").EnumerateArray()
               select name.GetString()!,
        ];
    }

    private async Task<JsonDocument> DocumentAsync() => JsonDocument.Parse(await _platform.Http.GetStringAsync("/openapi/v1.json", Ct));

    [GeneratedRegex(@"\{[^}]+\}")]
    private static partial Regex Hole();

    [GeneratedRegex("\"(code|problem)\":\"[A-Za-z_.]+\"")]
    private static partial Regex Code();

    [GeneratedRegex(@"\bat (Wopr|System|Microsoft|Npgsql)\.|Exception\b")]
    private static partial Regex Internals();
}
