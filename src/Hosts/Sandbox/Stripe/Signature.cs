using System.Security.Cryptography;
using System.Text;

namespace Wopr.Sandbox.Stripe;

internal static class Signature
{
    /// <summary>The header <c>Stripe-Signature</c>; the whole <c>whsec_…</c> text is the key.</summary>
    public static string Of(string secret, long at, string body)
    {
        var hash = HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes($"{at}.{body}"));
        return $"t={at},v1={Convert.ToHexStringLower(hash)}";
    }
}
