using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Wopr.Sandbox.OAuth;

namespace Wopr.Sandbox.Google;

/// <summary>Signing in with Google: <c>GOOGLE_BASE_URL=http://localhost:3900/google</c>.</summary>
internal sealed class GoogleFake(Grants grants, TimeProvider time)
{
    private const string KeyId = "sandbox";
    private const int TokenSeconds = 3599;

    private readonly RSA _key = RSA.Create(2048);

    public void Map(IEndpointRouteBuilder google)
    {
        google.MapConsent("/o/oauth2/v2/auth", "Google", grants);
        google.MapPost("/token", async (HttpRequest request, CancellationToken ct) =>
            ChangeCode(await request.ReadFormAsync(ct)));
        google.MapGet("/v1/userinfo", (HttpRequest request) => grants.Of(request) is { } grant
            ? Results.Ok(Claims(grant))
            : Results.Json(new { error = "invalid_request", error_description = "Invalid Credentials" }, statusCode: 401));
        google.MapGet("/oauth2/v3/certs", Certificates);
    }

    private IResult ChangeCode(IFormCollection form)
    {
        if (form["grant_type"] != "authorization_code" || grants.Exchange(form) is not var (token, grant))
        {
            return Results.Json(new { error = "invalid_grant", error_description = "Bad Request" }, statusCode: 400);
        }
        return Results.Ok(new
        {
            access_token = token,
            expires_in = TokenSeconds,
            scope = grant.Scope ?? "",
            token_type = "Bearer",
            id_token = IdToken(grant),
        });
    }

    private string IdToken(Grant grant)
    {
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        var claims = Claims(grant);
        claims["iss"] = "https://accounts.google.com";
        claims["aud"] = grant.ClientId;
        claims["azp"] = grant.ClientId;
        claims["iat"] = now;
        claims["exp"] = now + TokenSeconds;
        if (grant.Nonce is { } nonce) { claims["nonce"] = nonce; }
        var unsigned = $"{Part(new { alg = "RS256", kid = KeyId, typ = "JWT" })}.{Part(claims)}";
        var signature = _key.SignData(Encoding.ASCII.GetBytes(unsigned), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return $"{unsigned}.{Base64Url.EncodeToString(signature)}";
    }

    private object Certificates()
    {
        var key = _key.ExportParameters(includePrivateParameters: false);
        return new
        {
            keys = (object[])[new
            {
                kty = "RSA", alg = "RS256", use = "sig", kid = KeyId,
                n = Base64Url.EncodeToString(key.Modulus), e = Base64Url.EncodeToString(key.Exponent),
            }],
        };
    }

    private static Dictionary<string, object> Claims(Grant grant) => new()
    {
        ["sub"] = $"1{Grants.NumberOf(grant.Email):00000000000000000000}",
        ["name"] = grant.Email.Split('@')[0],
        ["given_name"] = grant.Email.Split('@')[0],
        ["picture"] = "https://lh3.googleusercontent.com/a/default-user",
        ["email"] = grant.Email,
        ["email_verified"] = Grants.IsVerified(grant.Email),
    };

    private static string Part(object part) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(part));
}

internal static class GoogleEndpoints
{
    public static void MapGoogle(this WebApplication app)
    {
        var time = app.Services.GetRequiredService<TimeProvider>();
        new GoogleFake(new Grants(time), time).Map(app.MapGroup("/google"));
    }
}
