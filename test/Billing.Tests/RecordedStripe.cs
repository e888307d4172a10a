using System.Net;
using System.Text;

namespace Wopr.Billing.Tests;

/// <param name="Key">Its idempotency key.</param>
internal sealed record StripeCall(string Method, string Path, IReadOnlyDictionary<string, string> Form, string? Key, string? Authorization, string? Version);

/// <summary>The far side of the network: answers as a test says and remembers what was asked.</summary>
internal sealed class RecordedStripe : HttpMessageHandler
{
    private readonly Func<StripeCall, HttpResponseMessage> _answer;

    public RecordedStripe(Func<StripeCall, HttpResponseMessage> answer) => _answer = answer;

    public List<StripeCall> Calls { get; } = [];

    public static HttpResponseMessage Json(string body, HttpStatusCode status = HttpStatusCode.OK, params (string Name, string Value)[] headers)
    {
        var response = new HttpResponseMessage(status) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        foreach (var (name, value) in headers) { response.Headers.Add(name, value); }
        return response;
    }

    public static HttpResponseMessage Error(int status, string error, params (string Name, string Value)[] headers) =>
        Json($$"""{"error":{{error}}}""", (HttpStatusCode)status, headers);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var text = request.Content is null ? request.RequestUri!.Query.TrimStart('?') : await request.Content.ReadAsStringAsync(cancellationToken);
        var form = text.Split('&', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('='))
            .ToDictionary(pair => WebUtility.UrlDecode(pair[0]), pair => WebUtility.UrlDecode(pair[1]));
        var call = new StripeCall(request.Method.Method, request.RequestUri!.AbsolutePath, form,
            request.Headers.TryGetValues("Idempotency-Key", out var keys) ? keys.Single() : null,
            request.Headers.Authorization?.ToString(), request.Headers.GetValues("Stripe-Version").Single());
        Calls.Add(call);
        return _answer(call);
    }
}
