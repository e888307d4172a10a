using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.RegularExpressions;

namespace Wopr.Auth;

/// <summary>
/// An address in the one form we store: lower case, composed, no invisible characters. The local part is ASCII, so
/// that two addresses that look alike cannot be two accounts.
/// </summary>
public sealed partial record EmailAddress
{
    private EmailAddress(string text) => Text = text;

    public string Text { get; }

    public static bool TryParse(string? text, [NotNullWhen(true)] out EmailAddress? address)
    {
        address = null;
        if (text is null || text.Length > 254 || !text.IsNormalized(NormalizationForm.FormKC)) { return false; }
        if (!Shape().IsMatch(text)) { return false; }
        address = new(text.ToLowerInvariant());
        return true;
    }

    public override string ToString() => Text;

    [GeneratedRegex(@"\A[A-Za-z0-9_+'-]([A-Za-z0-9_+'.-]{0,62}[A-Za-z0-9_+'-])?@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}\z",
        RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Shape();
}
