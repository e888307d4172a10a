using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Wopr.Auth;

/// <summary>The cookies better-auth clients know, under the same names and with the same signature.</summary>
internal sealed class AuthCookies(AuthOptions options)
{
    private readonly byte[][] _keys = options.PreviousSecret is { Length: > 0 } previous
        ? [options.Key, System.Text.Encoding.UTF8.GetBytes(previous)]
        : [options.Key];

    private string Prefix => options.IsSecure ? "__Secure-" : "";

    public string SessionName => $"{Prefix}better-auth.session_token";

    public string? SessionSecret(HttpRequest request) => SignedValue.Open(request.Cookies[SessionName], _keys);

    public void Send(HttpResponse response, NewSession session) =>
        Send(response, session.Secret, session.Session.ShortLived);

    public void Send(HttpResponse response, string secret, bool shortLived) => Append(response,
        SignedValue.Sign(secret, options.Key), shortLived ? null : Session.Life);

    public void Clear(HttpResponse response) => Append(response, "", TimeSpan.Zero);

    // Written by hand because the value is already percent-encoded and has to stay as it is.
    private void Append(HttpResponse response, string value, TimeSpan? maxAge)
    {
        var age = maxAge is { } span ? string.Create(CultureInfo.InvariantCulture, $"; Max-Age={(long)span.TotalSeconds}") : "";
        var domain = options.Domain is { } name ? $"; Domain={name}" : "";
        var secure = options.IsSecure ? "; Secure" : "";
        response.Headers.Append("Set-Cookie", $"{SessionName}={value}{age}{domain}; Path=/; HttpOnly{secure}; SameSite=Lax");
        response.Headers.CacheControl = "no-store";
    }
}
