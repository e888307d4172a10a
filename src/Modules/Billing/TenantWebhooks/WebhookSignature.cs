using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Wopr.Billing;

/// <summary>
/// The header by which a tenant knows that we sent it: <c>t=…,v1=…</c>, a v1 for each secret in use. Signed is the time,
/// a dot and the body, as Stripe does, so that its libraries can check it.
/// </summary>
internal static class WebhookSignature
{
    public const string Header = "Wopr-Signature";

    public static string Of(IEnumerable<string> secrets, DateTimeOffset at, string body)
    {
        var seconds = at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var signed = Encoding.UTF8.GetBytes($"{seconds}.{body}");
        var signatures = secrets.Select(secret =>
            $"v1={Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), signed))}");
        return string.Join(',', signatures.Prepend($"t={seconds}"));
    }
}
