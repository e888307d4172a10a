using Markdig.Renderers;
using Markdig.Renderers.Html;
using Markdig.Syntax.Inlines;

namespace Wopr.Dashboard.Parts;

/// <summary>Links lead out, and tell nobody where from. A picture is a link to it: to load it would tell whose it is who reads.</summary>
internal sealed class MarkdownLink : HtmlObjectRenderer<LinkInline>
{
    private const int AddressCharsMax = 2048;

    // A link within a link, which a picture's name may hold, would end the outer one.
    private bool _isInside;

    protected override void Write(HtmlRenderer renderer, LinkInline link)
    {
        var address = link.Url ?? "";
        var hasName = link.FirstChild is not null;
        var leadsOut = Open(renderer, address);
        if (hasName) { renderer.WriteChildren(link); }
        else { renderer.WriteEscape(address); }
        if (leadsOut) { Close(renderer); }
        // Where it would have led is worth knowing, too.
        else if (hasName && !link.IsAutoLink && !_isInside) { renderer.Write(" (").WriteEscape(address).Write(")"); }
    }

    /// <returns>Whether a link was begun, and is to be closed.</returns>
    public bool Open(HtmlRenderer renderer, string address)
    {
        if (_isInside || !IsAllowed(address)) { return false; }
        _isInside = true;
        renderer.Write("<a href=\"").WriteEscapeUrl(address);
        renderer.Write("\" target=\"_blank\" rel=\"noopener noreferrer nofollow\" hx-boost=\"false\">");
        return true;
    }

    public void Close(HtmlRenderer renderer)
    {
        _isInside = false;
        renderer.Write("</a>");
    }

    private static bool IsAllowed(string address) =>
        address.Length <= AddressCharsMax && !address.Any(char.IsControl)
        && Uri.TryCreate(address, UriKind.Absolute, out var uri)
        && (uri.Scheme == Uri.UriSchemeHttps || uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeMailto)
        && address.StartsWith(uri.Scheme, StringComparison.OrdinalIgnoreCase);
}

/// <summary>An address between angle brackets.</summary>
internal sealed class MarkdownAddress(MarkdownLink links) : HtmlObjectRenderer<AutolinkInline>
{
    protected override void Write(HtmlRenderer renderer, AutolinkInline link)
    {
        var leadsOut = links.Open(renderer, link.IsEmail ? $"mailto:{link.Url}" : link.Url);
        renderer.WriteEscape(link.Url);
        if (leadsOut) { links.Close(renderer); }
    }
}
