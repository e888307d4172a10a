using System.Security.Cryptography;
using System.Text;

namespace Wopr.Billing.Tests;

public sealed class SignatureTests
{
    private const string Dashboard = "whsec_of-an-endpoint-of-nobody";
    private const string Body = """{"id":"evt_1","amount":1}""";

    private static readonly string s_listener = "whsec_" + new string('a', 64);
    private static readonly DateTimeOffset s_now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);

    [Theory]
    [InlineData("whsec_other", "endpoint in Stripe's dashboard", "`stripe listen` forwards")]
    public void A_wrong_secret_says_which_kind_is_configured(string signedWith, params string[] said)
    {
        Assert.All(said, part => Assert.Contains(part, Diagnosis(signedWith, Body, Dashboard), StringComparison.Ordinal));
        Assert.Contains("Stripe CLI listener", Diagnosis(signedWith, Body, s_listener), StringComparison.Ordinal);
    }

    [Fact]
    public void A_proxy_that_changed_the_body_is_named()
    {
        Assert.Contains("proxy", Diagnosis(Dashboard, Body, Dashboard, received: "{ \"id\": \"evt_1\",\n \"amount\": 1 }"), StringComparison.Ordinal);
        Assert.Contains("proxy", Diagnosis(Dashboard, Body + "\n", Dashboard, received: Body), StringComparison.Ordinal);
    }

    [Fact]
    public void A_sender_that_strips_the_prefix_is_named() =>
        Assert.Contains("without whsec_", Diagnosis(Dashboard["whsec_".Length..], Body, Dashboard), StringComparison.Ordinal);

    [Theory]
    [InlineData(-400, "400 s ago")]
    [InlineData(400, "400 s in the future")]
    public void An_old_event_or_a_wrong_clock_is_named(int seconds, string said)
    {
        var text = Diagnosis(Dashboard, Body, Dashboard, at: s_now.ToUnixTimeSeconds() + seconds);

        Assert.Contains(said, text, StringComparison.Ordinal);
        Assert.Contains("clock", text, StringComparison.Ordinal);
    }

    [Fact]
    public void No_diagnosis_tells_a_secret() => Assert.DoesNotContain(Dashboard[6..], string.Concat(
        Diagnosis("whsec_other", Body, Dashboard), Diagnosis(Dashboard, Body, Dashboard, at: 1),
        Diagnosis(Dashboard[6..], Body, Dashboard), Diagnosis(Dashboard, Body, Dashboard, received: "{}")), StringComparison.Ordinal);

    private static string Diagnosis(string signedWith, string signed, string configured, string? received = null, long? at = null)
    {
        var moment = at ?? s_now.ToUnixTimeSeconds();
        var signature = HMACSHA256.HashData(Encoding.UTF8.GetBytes(signedWith), Encoding.UTF8.GetBytes($"{moment}.{signed}"));
        var header = $"t={moment},v1={Convert.ToHexStringLower(signature)}";
        var body = Encoding.UTF8.GetBytes(received ?? signed);
        var fault = StripeSignature.Check(header, body, [configured], s_now, out _);
        Assert.NotEqual(SignatureFault.None, fault);
        return SignatureDiagnosis.Of(fault, header, body, [configured], s_now);
    }
}
