using QRCoder;

namespace Wopr.Dashboard.Pages.Account;

internal static class Qr
{
    /// <summary>
    /// A picture that a phone reads; black on white in every theme, because not every app reads it inverted. The
    /// white edge it needs is the padding around it.
    /// </summary>
    public static string Svg(string text)
    {
        using var generator = new QRCodeGenerator();
        using var data = generator.CreateQrCode(text, QRCodeGenerator.ECCLevel.M);
        using var code = new SvgQRCode(data);
        return code.GetGraphic(4, "#000000", "#ffffff", drawQuietZones: false, SvgQRCode.SizingMode.ViewBoxAttribute);
    }

    /// <summary>The secret in the address, in groups of four, for people who type it.</summary>
    public static string Secret(string uri)
    {
        var query = uri[(uri.IndexOf('?', StringComparison.Ordinal) + 1)..];
        var secret =
            query.Split('&').FirstOrDefault(part => part.StartsWith("secret=", StringComparison.Ordinal))?[7..] ?? "";
        return string.Join(' ', secret.Chunk(4).Select(group => new string(group)));
    }
}
