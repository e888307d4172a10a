using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Wopr.Auth;

/// <summary>The cookies better-auth clients know, under the same names and with the same signature.</summary>
internal sealed class AuthCookies(AuthOptions options)
{
    public static readonly TimeSpan SecondStepLife = TimeSpan.FromMinutes(10);
    public static readonly TimeSpan TrustedDeviceLife = TimeSpan.FromDays(30);
    public static readonly TimeSpan OAuthStateLife = TimeSpan.FromMinutes(10);

    private readonly byte[][] _keys = options.PreviousSecret is { Length: > 0 } previous
        ? [options.Key, Encoding.UTF8.GetBytes(previous)]
        : [options.Key];

    public string? SessionSecret(HttpRequest request) => Read(request, "session_token");
    public string? SecondStep(HttpRequest request) => Read(request, "two_factor");
    public string? TrustedDevice(HttpRequest request) => Read(request, "trust_device");

    /// <summary>Carries "do not remember me" over the second step.</summary>
    public bool IsShortLived(HttpRequest request) => Read(request, "dont_remember") is not null;

    /// <summary>The operator's own session, while the operator looks through somebody's eyes.</summary>
    public string? OperatorSession(HttpRequest request) => Read(request, "admin_session");

    /// <summary>Binds a sign-in that goes through a provider to the browser that began it.</summary>
    public string? OAuthState(HttpRequest request) => Read(request, "state");

    public void SendSession(HttpResponse response, NewSession session) =>
        SendSession(response, session.Secret, session.Session.ShortLived);

    public void SendSession(HttpResponse response, string secret, bool shortLived) =>
        Append(response, "session_token", secret, shortLived ? null : Session.Life);

    public void SendSecondStep(HttpResponse response, string secret, bool shortLived)
    {
        ClearSession(response);
        Append(response, "two_factor", secret, SecondStepLife);
        if (shortLived) { Append(response, "dont_remember", "true", maxAge: null); }
    }

    public void SendTrustedDevice(HttpResponse response, string secret) => Append(response, "trust_device", secret, TrustedDeviceLife);

    public void SendOperatorSession(HttpResponse response, string secret) =>
        Append(response, "admin_session", secret, Session.ImpersonationLife);

    public void SendOAuthState(HttpResponse response, string state) => Append(response, "state", state, OAuthStateLife);

    public void ClearSession(HttpResponse response) => Clear(response, "session_token");
    public void ClearOperatorSession(HttpResponse response) => Clear(response, "admin_session");
    public void ClearOAuthState(HttpResponse response) => Clear(response, "state");

    public void ClearSecondStep(HttpResponse response)
    {
        Clear(response, "two_factor");
        Clear(response, "dont_remember");
    }

    private string Name(string name) => $"{(options.IsSecure ? "__Secure-" : "")}better-auth.{name}";

    private string? Read(HttpRequest request, string name) => SignedValue.Open(request.Cookies[Name(name)], _keys);

    private void Clear(HttpResponse response, string name) => Append(response, name, secret: null, TimeSpan.Zero);

    // Written by hand because the value is already percent-encoded and has to stay as it is.
    private void Append(HttpResponse response, string name, string? secret, TimeSpan? maxAge)
    {
        var value = secret is null ? "" : SignedValue.Sign(secret, options.Key);
        var age = maxAge is { } span ? string.Create(CultureInfo.InvariantCulture, $"; Max-Age={(long)span.TotalSeconds}") : "";
        var domain = options.Domain is { } scope ? $"; Domain={scope}" : "";
        var secure = options.IsSecure ? "; Secure" : "";
        response.Headers.Append("Set-Cookie", $"{Name(name)}={value}{age}{domain}; Path=/; HttpOnly{secure}; SameSite=Lax");
        response.Headers.CacheControl = "no-store";
    }
}
