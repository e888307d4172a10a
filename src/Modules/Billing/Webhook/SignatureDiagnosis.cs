using System.Text;
using System.Text.Json;

namespace Wopr.Billing;

/// <summary>Says what an operator most likely has to mend when a signature does not fit. It decides nothing.</summary>
internal static class SignatureDiagnosis
{
    private const string Prefix = "whsec_";
    private const int ListenerHexLength = 64;

    public static string Of(
        SignatureFault fault, string header, byte[] body, IReadOnlyList<string> secrets, DateTimeOffset now) => fault switch
        {
            SignatureFault.Malformed => "The header Stripe-Signature is not t=…,v1=…, so this did not come from Stripe, "
                + "or a proxy changed the header.",
            SignatureFault.TooOld => Age(header, now) + " The signature itself is right: it is an old event played again, or "
                + "the clock of this machine is wrong. Compare it with `date -u` elsewhere.",
            _ => Wrong(header, body, secrets, now),
        };

    private static string Wrong(string header, byte[] body, IReadOnlyList<string> secrets, DateTimeOffset now)
    {
        if (!StripeSignature.TryParse(header, out var at, out var signatures)) { return "The header cannot be read."; }
        if (secrets.Any(secret => StripeSignature.Agrees(at, body, secret[Prefix.Length..], signatures)))
        {
            return "The sender signs with the secret without whsec_. The key is the whole text, with whsec_.";
        }
        if (Variants(body).Any(variant => secrets.Any(secret => StripeSignature.Agrees(at, variant, secret, signatures))))
        {
            return "The secret is right, but the body is not what was signed: a proxy between Stripe and here changed it. "
                + "Pass the raw body through.";
        }
        var late = Math.Abs(now.ToUnixTimeSeconds() - at) > StripeSignature.ToleranceSeconds ? Age(header, now) + " " : "";
        return late + "The secret does not fit, or the event is forged. " + string.Join(' ', secrets.Select(Kind).Distinct());
    }

    /// <summary>The listener's secret is 64 hex digits; an endpoint's in the dashboard is shorter, of letters and digits.</summary>
    private static string Kind(string secret)
    {
        var rest = secret[Prefix.Length..];
        return rest.Length == ListenerHexLength && rest.All(char.IsAsciiHexDigitLower)
            ? "STRIPE_WEBHOOK_SECRET looks like the secret of a Stripe CLI listener (`stripe listen`) or of the sandbox. Events of "
                + "an endpoint in Stripe's dashboard are signed with that endpoint's own secret: set that one."
            : "STRIPE_WEBHOOK_SECRET looks like the secret of an endpoint in Stripe's dashboard. Events that `stripe listen` "
                + "forwards are signed with the secret it prints when it starts: set that one, beside the other if you need both.";
    }

    private static string Age(string header, DateTimeOffset now) => StripeSignature.TryParse(header, out var at, out _)
        ? $"The event was signed {Math.Abs(now.ToUnixTimeSeconds() - at)} s {(now.ToUnixTimeSeconds() >= at ? "ago" : "in the future")}, "
            + $"and {StripeSignature.ToleranceSeconds} s are allowed."
        : "";

    // What proxies and frameworks make of a body: trimmed, other line ends, written anew.
    private static IEnumerable<byte[]> Variants(byte[] body)
    {
        var text = Encoding.UTF8.GetString(body);
        yield return Encoding.UTF8.GetBytes(text.Trim());
        yield return Encoding.UTF8.GetBytes(text + "\n");
        yield return Encoding.UTF8.GetBytes(text.Replace("\r\n", "\n", StringComparison.Ordinal));
        yield return Encoding.UTF8.GetBytes(text.Replace("\n", "\r\n", StringComparison.Ordinal));
        JsonElement value;
        try
        {
            value = JsonElement.Parse(body);
        }
        catch (JsonException)
        {
            yield break;
        }
        yield return JsonSerializer.SerializeToUtf8Bytes(value, s_compact);
        yield return JsonSerializer.SerializeToUtf8Bytes(value, s_indented);
    }

    private static readonly JsonSerializerOptions s_compact =
        new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly JsonSerializerOptions s_indented = new(s_compact) { WriteIndented = true };
}
