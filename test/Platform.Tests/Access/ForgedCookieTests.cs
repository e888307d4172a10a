using System.Net;
using System.Text;
using Wopr.Auth;

namespace Wopr.Platform.Tests;

/// <summary>Session cookies that no sign-in gave.</summary>
public sealed class ForgedCookieTests(AccessWorld world) : IClassFixture<AccessWorld>
{
    private const string Session = "better-auth.session_token";
    private static readonly byte[] s_key = Encoding.UTF8.GetBytes(TestPlatform.AuthSecret);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static TheoryData<string> Forgeries => new(
        "no signature", "an empty signature", "a wrong signature", "another secret", "truncated", "without its end",
        "another's signature", "another's payload", "longer", "the session's handle", "the user's id", "a token",
        "second_step", "trusted_device", "reset_password", "verify_email", "change_email", "nothing", "a dot", "too long",
        "the hash");

    [Theory]
    [MemberData(nameof(Forgeries))]
    public async Task A_forged_session_is_nobodys(string forgery)
    {
        var (session, tokens) = (world.Call("GET /api/auth/get-session"), world.Call("POST /api/tokens"));

        var read = await world.AskAsync(session, new(forgery, await ForgedAsync(forgery)));
        Assert.Equal("null", read.Text);
        var write = await world.AskAsync(tokens, new(forgery, await ForgedAsync(forgery)));
        Assert.True(write is { Code: "auth.required", ChangedAnything: false }, $"{write}");
        Assert.Equal(HttpStatusCode.Unauthorized, write.Status);
    }

    // Else every forgery above would be refused for some other reason.
    [Fact]
    public async Task The_real_session_signed_here_is_the_owners()
    {
        var real = new Principal("real", $"{Session}={SignedValue.Sign(Parts(world.Owner).Payload, s_key)}");

        Assert.Equal(world.Owner.Cookie, real.Cookie);
        var session = await world.AskAsync(world.Call("GET /api/auth/get-session"), real);
        Assert.Contains(world.Victim.Owner, session.Text, StringComparison.Ordinal);
    }

    private async Task<string> ForgedAsync(string forgery)
    {
        var ((payload, signature), (otherPayload, otherSignature)) = (Parts(world.Owner), Parts(world.Stranger));
        var whole = $"{payload}.{signature}";
        var value = forgery switch
        {
            "no signature" => payload,
            "an empty signature" => $"{payload}.",
            "a wrong signature" => $"{payload}.{Convert.ToBase64String(new byte[32])}",
            "another secret" => SignedValue.Sign(payload, Encoding.UTF8.GetBytes("ffffffffffffffffffffffffffffffff")),
            "truncated" => whole[..^6],
            "without its end" => Uri.EscapeDataString(whole)[..^1],
            "another's signature" => $"{payload}.{otherSignature}",
            "another's payload" => $"{otherPayload}.{signature}",
            "longer" => $"x{payload}.{signature}",
            "the session's handle" => SignedValue.Sign(world.Victim.Session, s_key),
            "the user's id" => SignedValue.Sign(world.Victim.Owner, s_key),
            "a token" => SignedValue.Sign(world.Principals.Single(principal => principal.Name == "write token").Token!, s_key),
            "nothing" => "",
            "a dot" => ".",
            "too long" => $"{new string('x', 8000)}.{signature}",
            "the hash" => SignedValue.Sign(Convert.ToHexStringLower(Kernel.Token.Hash(payload)), s_key),
            _ => SignedValue.Sign(await world.SecretAsync(forgery, "1 hour", Ct), s_key),
        };
        return $"{Session}={(value.Contains('%', StringComparison.Ordinal) ? value : Uri.EscapeDataString(value))}";
    }

    private static (string Payload, string Signature) Parts(Principal principal)
    {
        var text = Uri.UnescapeDataString(principal.Cookie!.Split('=', 2)[1]);
        var dot = text.LastIndexOf('.');
        return (text[..dot], text[(dot + 1)..]);
    }
}
