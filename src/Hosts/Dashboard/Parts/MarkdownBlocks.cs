using System.Globalization;
using Markdig.Extensions.Tables;
using Markdig.Renderers;
using Markdig.Renderers.Html;
using Markdig.Syntax;

namespace Wopr.Dashboard.Parts;

/// <summary>The page's own titles stand above those of an answer.</summary>
internal sealed class MarkdownHeading : HtmlObjectRenderer<HeadingBlock>
{
    private const int Above = 2;
    private const int LevelMax = 6;

    protected override void Write(HtmlRenderer renderer, HeadingBlock heading)
    {
        var tag = string.Create(CultureInfo.InvariantCulture, $"h{Math.Min(heading.Level + Above, LevelMax)}");
        renderer.Write("<").Write(tag).Write(">").WriteLeafInline(heading).Write("</").Write(tag).WriteLine(">");
    }
}

/// <summary>Without its language, which nothing here reads.</summary>
internal sealed class MarkdownCode : HtmlObjectRenderer<CodeBlock>
{
    protected override void Write(HtmlRenderer renderer, CodeBlock code) =>
        renderer.EnsureLine().Write("<pre><code>").WriteLeafRawLines(code, writeEndOfLines: true, escape: true).WriteLine("</code></pre>");
}

/// <summary>A table scrolls by itself. Its columns are aligned by classes: styles of their own are refused to pages.</summary>
internal sealed class MarkdownTable : HtmlTableRenderer
{
    protected override void Write(HtmlRenderer renderer, Table table)
    {
        foreach (var row in table.OfType<TableRow>())
        {
            foreach (var (column, cell) in row.OfType<TableCell>().Index())
            {
                var alignment = column < table.ColumnDefinitions.Count ? table.ColumnDefinitions[column].Alignment : null;
                if (alignment is TableColumnAlign.Right or TableColumnAlign.Center)
                {
                    cell.GetAttributes().AddClass(alignment == TableColumnAlign.Right ? "right" : "center");
                }
            }
        }
        foreach (var column in table.ColumnDefinitions) { (column.Alignment, column.Width) = (null, 0); }
        renderer.WriteLine("<div class=\"markdown-table\" tabindex=\"0\" role=\"region\" aria-label=\"Table\">");
        base.Write(renderer, table);
        renderer.WriteLine("</div>");
    }
}
