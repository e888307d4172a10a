using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Wopr.Testing;

namespace Wopr.Sandbox.Tests;

internal sealed record StripeAnswer(HttpStatusCode Status, JsonElement Json, HttpResponseHeaders Headers)
{
    public string Text(string name) => Json.GetProperty(name).GetString()!;

    public long Cents(string name) => Json.GetProperty(name).GetInt64();

    public JsonElement Error => Json.GetProperty("error");

    public string ErrorText(string name) => Error.GetProperty(name).GetString()!;

    public JsonElement[] Data => [.. Json.GetProperty("data").EnumerateArray()];
}

/// <summary>Speaks with the pretended Stripe as its clients do.</summary>
internal sealed class TestStripe(TestSandbox sandbox)
{
    public const string Success = "http://localhost:3000/paid?s={CHECKOUT_SESSION_ID}";
    public const string Cancel = "http://localhost:3000/billing";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public HttpClient Http => sandbox.Http;

    public Task<StripeAnswer> GetAsync(string path) => SendAsync(HttpMethod.Get, path, null, []);

    public Task<StripeAnswer> PostAsync(string path, params string[] fields) => SendAsync(HttpMethod.Post, path, null, fields);

    public async Task<StripeAnswer> SendAsync(HttpMethod method, string path, string? key, params string[] fields)
    {
        using var request = new HttpRequestMessage(method, $"/v1/{path}");
        request.Headers.Authorization = new("Bearer", "sk_test_0123456789");
        if (key is not null) { request.Headers.Add("Idempotency-Key", key); }
        if (method == HttpMethod.Post)
        {
            request.Content = new FormUrlEncodedContent(fields.Select(field => field.Split('=', 2))
                .Select(field => KeyValuePair.Create(field[0], field[1])));
        }
        using var answer = await Http.SendAsync(request, Ct);
        return new(answer.StatusCode, await answer.Content.ReadFromJsonAsync<JsonElement>(Ct), answer.Headers);
    }

    public async Task<string> CustomerAsync() => (await PostAsync("customers", "email=ann@example.com")).Text("id");

    public Task<StripeAnswer> SessionAsync(string price, string mode, params string[] more) => PostAsync("checkout/sessions",
        [$"mode={mode}", $"success_url={Success}", $"cancel_url={Cancel}", $"line_items[0][price]={price}", "line_items[0][quantity]=1", .. more]);

    public Task<StripeAnswer> PayAsync(string customer, long cents, string method = "pm_card_visa") => PostAsync("payment_intents",
        $"amount={cents}", "currency=usd", $"customer={customer}", $"payment_method={method}", "confirm=true", "off_session=true");

    /// <summary>Presses a button on the page of a session.</summary>
    public Task<HttpResponseMessage> PressAsync(string session, string button, string card = "pm_card_visa") => Http.PostAsync(
        $"/c/pay/{session}", new FormUrlEncodedContent([new("press", button), new("card", card)]), Ct);

    public async Task<JsonElement> ControlAsync(string path, object body)
    {
        using var answer = await Http.PostAsJsonAsync($"/stripe/{path}", body, Ct);
        answer.EnsureSuccessStatusCode();
        return await answer.Content.ReadFromJsonAsync<JsonElement>(Ct);
    }

    public async Task<string[]> EventTypesAsync() =>
        [.. (await GetAsync("events?limit=100")).Data.Reverse().Select(told => told.GetProperty("type").GetString()!)];
}
