using System.Security.Cryptography;
using System.Text;
using Wopr.Kernel;

namespace Wopr.Sandbox.OAuth;

/// <summary>What a person agreed to: who they said they are, and to whom.</summary>
internal sealed record Grant(string Email, string ClientId, string RedirectUri, string? Scope, string? Nonce, string? Challenge,
    DateTimeOffset Until);

/// <summary>Codes that work once, and the tokens they were changed for.</summary>
internal sealed class Grants(TimeProvider time)
{
    private static readonly TimeSpan s_codeLife = TimeSpan.FromMinutes(10);

    private readonly Bounded<Grant> _codes = new();
    private readonly Bounded<Grant> _tokens = new();

    public string Code(Consent consent, string email)
    {
        var code = Token.New();
        _codes.GetOrAdd(code, () => new(email, consent.ClientId, consent.RedirectUri, consent.Scope, consent.Nonce,
            consent.CodeChallenge, time.GetUtcNow() + s_codeLife));
        return code;
    }

    /// <summary>Null when the code is unknown, used, too old, or not this client's.</summary>
    public (string Token, Grant Grant)? Exchange(IFormCollection form)
    {
        if (!_codes.TryTake(form["code"].ToString(), out var grant)) { return null; }
        var isTheirs = grant.ClientId == form["client_id"].ToString() && form["client_secret"].ToString().Length > 0
            && (form["redirect_uri"].ToString() is "" || grant.RedirectUri == form["redirect_uri"].ToString())
            && Proves(form["code_verifier"].ToString(), grant.Challenge);
        if (!isTheirs || grant.Until < time.GetUtcNow()) { return null; }
        var token = Token.New(40);
        _tokens.GetOrAdd(token, () => grant);
        return (token, grant);
    }

    public Grant? Of(HttpRequest request)
    {
        var words = request.Headers.Authorization.ToString().Split(' ', 2);
        return words.Length == 2 && words[0].ToLowerInvariant() is "bearer" or "token" && _tokens.TryGet(words[1], out var grant)
            ? grant
            : null;
    }

    /// <summary>A number that stays the same for the same address.</summary>
    public static long NumberOf(string email) =>
        BitConverter.ToUInt32(SHA256.HashData(Encoding.UTF8.GetBytes(email.ToLowerInvariant())));

    /// <summary>Write <c>+unverified</c> into an address to play somebody who never confirmed it.</summary>
    public static bool IsVerified(string email) => !email.Contains("+unverified", StringComparison.Ordinal);

    private static bool Proves(string verifier, string? challenge) => challenge is null
        || Convert.ToBase64String(SHA256.HashData(Encoding.ASCII.GetBytes(verifier)))
            .TrimEnd('=').Replace('+', '-').Replace('/', '_') == challenge;
}
