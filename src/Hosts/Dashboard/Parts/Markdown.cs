using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;
using Markdig;
using Markdig.Extensions.EmphasisExtras;
using Markdig.Extensions.Tables;
using Markdig.Renderers;
using Markdig.Renderers.Html;
using Markdig.Renderers.Html.Inlines;

namespace Wopr.Dashboard.Parts;

/// <summary>
/// What bots write, as HTML. What looks like HTML in it stays text, no address but a link to elsewhere is made of it, and
/// nothing is loaded from anywhere. What is too much to read in time is shown as it was written.
/// </summary>
internal static class Markdown
{
    // More than a bot says at once.
    private const int CharsMax = 70_000;
    private const int DepthMax = 40;

    // Each that has no end is looked for to the end of the text.
    private const int LinksMax = 1000;

    // Every row is filled up to the columns of its head, so that many of both would be far more than was written.
    private const int ColumnsMax = 50;

    private static readonly HtmlEncoder s_encoder = HtmlEncoder.Create(UnicodeRanges.All);
    private static readonly MarkdownPipeline s_withTables = Pipeline().UsePipeTables().Build();
    private static readonly MarkdownPipeline s_withoutTables = Pipeline().Build();

    public static string Html(string text)
    {
        if (text.Length > CharsMax || text.AsSpan().Count("](") > LinksMax) { return AsWritten(text); }
        var pipeline = HasWideTable(text) ? s_withoutTables : s_withTables;
        using var html = new BoundedWriter((8 * text.Length) + 4096);
        var renderer = new HtmlRenderer(html);
        pipeline.Setup(renderer);
        var drawn = renderer.ObjectRenderers;
        drawn.Replace<HeadingRenderer>(new MarkdownHeading());
        drawn.Replace<CodeBlockRenderer>(new MarkdownCode());
        var links = new MarkdownLink();
        drawn.Replace<LinkInlineRenderer>(links);
        drawn.Replace<AutolinkInlineRenderer>(new MarkdownAddress(links));
        drawn.Replace<HtmlTableRenderer>(new MarkdownTable());
        try
        {
            renderer.Render(Markdig.Markdown.Parse(text, pipeline));
            return html.ToString();
        }
        catch (Exception refused) when (refused is ArgumentException or TooLongException)
        {
            return AsWritten(text);
        }
    }

    private static MarkdownPipelineBuilder Pipeline() => new MarkdownPipelineBuilder { MaximumNestingDepth = DepthMax }
        .DisableHtml().UseEmphasisExtras(EmphasisExtraOptions.Strikethrough).UseSoftlineBreakAsHardlineBreak()
        .UseAutoLinks(new() { UseHttpsForWWWLinks = true });

    private static bool HasWideTable(ReadOnlySpan<char> text)
    {
        foreach (var line in text.EnumerateLines())
        {
            if (line.Count('|') > ColumnsMax) { return true; }
        }
        return false;
    }

    private static string AsWritten(ReadOnlySpan<char> text)
    {
        var html = new StringBuilder("<p>");
        foreach (var line in text.EnumerateLines()) { html.Append(s_encoder.Encode(line.ToString())).Append("<br>"); }
        return html.Append("</p>").ToString();
    }

    // An address that is written once may be referred to a thousand times.
    private sealed class BoundedWriter(int charsMax) : StringWriter(CultureInfo.InvariantCulture)
    {
        public override void Write(char value)
        {
            Count(1);
            base.Write(value);
        }

        public override void Write(string? value)
        {
            Count(value?.Length ?? 0);
            base.Write(value);
        }

        public override void Write(char[] buffer, int index, int count)
        {
            Count(count);
            base.Write(buffer, index, count);
        }

        public override void Write(ReadOnlySpan<char> buffer)
        {
            Count(buffer.Length);
            base.Write(buffer);
        }

        private void Count(int more)
        {
            if (GetStringBuilder().Length + more > charsMax) { throw new TooLongException(); }
        }
    }

    private sealed class TooLongException : Exception;
}
