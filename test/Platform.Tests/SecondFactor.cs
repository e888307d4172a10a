using System.Net;
using System.Web;
using Wopr.Auth;

namespace Wopr.Platform.Tests;

/// <summary>People with an app that makes codes.</summary>
internal static class SecondFactor
{
    public static async Task<(Browser Person, byte[] Secret, string[] Codes)> EnabledAsync(TestPlatform platform, string email)
    {
        var person = await new Browser(platform).SignUpAsync(email);
        var setup = await person.PostAsync("/api/auth/two-factor/enable", new { password = "Testpass1" });
        var secret = Decode(HttpUtility.ParseQueryString(new Uri(setup.Text("totpURI")).Query)["secret"]!);
        var verified = await person.PostAsync("/api/auth/two-factor/verify-totp", new { code = Totp.CodeAt(secret, DateTimeOffset.UnixEpoch + Now) });
        Assert.Equal(HttpStatusCode.OK, verified.Status);
        Assert.True(verified.At("user", "twoFactorEnabled").GetBoolean());
        return (person, secret, [.. setup.At("backupCodes").EnumerateArray().Select(code => code.GetString()!)]);
    }

    private static TimeSpan Now => TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch;

    /// <summary>The code after the one that set the app up; a clock may be half a minute ahead.</summary>
    public static string NextCode(byte[] secret) => Totp.CodeAt(secret, DateTimeOffset.UnixEpoch + Now + TimeSpan.FromSeconds(30));

    private static byte[] Decode(string base32)
    {
        var bits = string.Concat(base32.Select(letter =>
            Convert.ToString("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".IndexOf(letter, StringComparison.Ordinal), 2).PadLeft(5, '0')));
        return [.. Enumerable.Range(0, bits.Length / 8).Select(index => Convert.ToByte(bits.Substring(index * 8, 8), 2))];
    }
}
