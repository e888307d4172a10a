using System.Text.RegularExpressions;
using Wopr.Dashboard.Parts;

namespace Wopr.Dashboard.Tests;

public sealed class MarkdownTests
{
    private const int Long = 200_000;

    [Theory]
    [InlineData("plain", "<p>plain</p>")]
    [InlineData("two\nlines", "<p>two<br>lines</p>")]
    [InlineData("one\n\ntwo", "<p>one</p><p>two</p>")]
    [InlineData("a **b** *c* ~~d~~ ***e***", "<p>a <strong>b</strong> <em>c</em> <del>d</del> <em><strong>e</strong></em></p>")]
    [InlineData("snake_case_name and _this_", "<p>snake_case_name and <em>this</em></p>")]
    [InlineData("2 * 3 * 4 and **open", "<p>2 * 3 * 4 and **open</p>")]
    [InlineData("`a < b` and ``a ` b``", "<p><code>a &lt; b</code> and <code>a ` b</code></p>")]
    [InlineData("# Title #\ntext", "<h3>Title</h3><p>text</p>")]
    [InlineData("###### Small", "<h6>Small</h6>")]
    [InlineData("```js\nif (a < b) {\n  *x*\n}\n```\nafter", "<pre><code>if (a &lt; b) {\n  *x*\n}\n</code></pre><p>after</p>")]
    [InlineData("- a\n- b\n  - c\n- d", "<ul><li>a</li><li>b\n<ul><li>c</li></ul></li><li>d</li></ul>")]
    [InlineData("3. a\n\n4. b", "<ol start=\"3\"><li><p>a</p></li><li><p>b</p></li></ol>")]
    [InlineData("> said\n> again", "<blockquote><p>said<br>again</p></blockquote>")]
    [InlineData("---", "<hr>")]
    [InlineData("\\*no\\*", "<p>*no*</p>")]
    [InlineData("größer 😀", "<p>größer 😀</p>")]
    public void Is_shown_as_it_was_meant(string text, string html) => Assert.Equal(html, Tight(Markdown.Html(text)));

    [Theory]
    [InlineData("```\nnever closed", "<pre><code>never closed\n</code></pre>")]
    [InlineData("Look:\n```py", "<p>Look:</p><pre><code></code></pre>")]
    [InlineData("```sh\nls `", "<pre><code>ls `\n</code></pre>")]
    [InlineData("see [the docs](https://exa", "<p>see [the docs](https://exa</p>")]
    [InlineData("so **bold", "<p>so **bold</p>")]
    [InlineData("- a\n-", "<ul><li>a</li><li></li></ul>")]
    [InlineData("| a | b |\n|--", "<p>| a | b |<br>|--</p>")]
    public void What_ends_in_the_middle_shows_what_there_is(string text, string html) =>
        Assert.Equal(html, Regex.Replace(Tight(Markdown.Html(text)), "<a [^>]*>", "<a>"));

    [Fact]
    public void A_table_is_a_table() => Assert.Contains(
        "<thead><tr><th>a</th><th class=\"right\">b</th></tr></thead><tbody><tr><td>1</td><td class=\"right\"><strong>2</strong></td></tr></tbody>",
        Tight(Markdown.Html("| a | b |\n|---|--:|\n| 1 | **2** |")), StringComparison.Ordinal);

    [Theory]
    [InlineData("[a](https://example.com/x_y_z?a=1&b=2)", "https://example.com/x_y_z?a=1&amp;b=2", "a")]
    [InlineData("see https://example.com/a_(b). Yes", "https://example.com/a_(b)", "https://example.com/a_(b)")]
    [InlineData("![picture](https://example.com/p.png \"title\")", "https://example.com/p.png", "picture")]
    [InlineData("![](https://example.com/p.png)", "https://example.com/p.png", "https://example.com/p.png")]
    [InlineData("<https://example.com/a>", "https://example.com/a", "https://example.com/a")]
    [InlineData("[a][1]\n\n[1]: http://example.com", "http://example.com", "a")]
    [InlineData("[write](mailto:ada@example.com)", "mailto:ada@example.com", "write")]
    [InlineData("www.example.com", "https://www.example.com", "www.example.com")]
    public void A_link_leads_out_and_tells_nobody_where_from(string text, string address, string name) => Assert.Contains(
        $"<a href=\"{address}\" target=\"_blank\" rel=\"noopener noreferrer nofollow\" hx-boost=\"false\">{name}</a>",
        Markdown.Html(text), StringComparison.Ordinal);

    [Theory]
    [InlineData("[the docs](/docs)", "<p>the docs (/docs)</p>")]
    [InlineData("[a](javascript:alert(1))", "<p>a (javascript:alert(1))</p>")]
    [InlineData("ftp://example.com/x", "<p>ftp://example.com/x</p>")]
    [InlineData("<javascript:alert(1)>", "<p>javascript:alert(1)</p>")]
    public void Where_a_link_does_not_lead_is_said(string text, string html) => Assert.Equal(html, Tight(Markdown.Html(text)));

    [Theory]
    [InlineData("<script>alert(1)</script>")]
    [InlineData("<img src=x onerror=alert(1)>")]
    [InlineData("a <b onclick=alert(1)>b</b> <!-- c --> <?php ?> <![CDATA[x]]>")]
    [InlineData("<div>\n\n<style>*{display:none}</style>\n\n</div>")]
    [InlineData("<details open ontoggle=alert(1)>\n<svg onload=alert(1)>")]
    [InlineData("# <iframe src=//evil.example> {onclick=alert(1)}")]
    [InlineData("text {#id .class onclick=alert(1)}\n{style=x}")]
    [InlineData("[a](javascript:alert(1))")]
    [InlineData("[a](JaVaScRiPt:alert(1))")]
    [InlineData("[a](javascript&colon;alert(1))")]
    [InlineData("[a](&#106;avascript:alert(1))")]
    [InlineData("[a](&#x6A;&#x61;vascript&#58;alert(1))")]
    [InlineData("[a](java&#10;script:alert(1))")]
    [InlineData("[a](java&Tab;script:alert(1))")]
    [InlineData("[a](<java\tscript:alert(1)>)")]
    [InlineData("[a](<  javascript:alert(1)>)")]
    [InlineData("[a](\u0001javascript:alert(1))")]
    [InlineData("[a](\\javascript:alert(1))")]
    [InlineData("[a](javascript://example.com/%0aalert(1))")]
    [InlineData("[a](vbscript:msgbox(1))")]
    [InlineData("[a](file:///etc/passwd)")]
    [InlineData("[a](blob:https://example.com/x)")]
    [InlineData("[a](view-source:https://example.com)")]
    [InlineData("[a](data:text/html,<script>alert(1)</script>)")]
    [InlineData("![a](data:image/svg+xml;base64,PHN2Zz4=)")]
    [InlineData("<data:text/html;base64,PHN2Zz4=>")]
    [InlineData("[a]: javascript:alert(1)\n\n[a] ![a]")]
    [InlineData("[a]: https://a.example 'x\" onclick=alert(1)'\n\n[a]")]
    [InlineData("[a](//evil.example)")]
    [InlineData("[a](\\\\evil.example)")]
    [InlineData("[a](https:evil.example)")]
    [InlineData("[a](/logout)")]
    [InlineData("[a](?done=x)")]
    [InlineData("[a](#main)")]
    [InlineData("[a](https://x\" onmouseover=\"alert(1))")]
    [InlineData("[a](https://x&quot; onmouseover=&quot;alert(1))")]
    [InlineData("[a](<https://x/\" onmouseover=\"alert(1)>)")]
    [InlineData("https://x\"onmouseover=alert(1)")]
    [InlineData("https://x/'onmouseover='alert(1)")]
    [InlineData("[<b>](https://example.com/'><script>)")]
    [InlineData("```<script>\n</code></pre><script>\n```")]
    [InlineData("```\" onclick=\"alert(1)\nx\n```")]
    [InlineData("~~~ {onclick=alert(1)}\nx\n~~~")]
    [InlineData("`</code><script>`")]
    [InlineData("| <script> | b |\n|---|---|\n| <script> | `<b>` |")]
    [InlineData("[[a](https://a.example)](https://b.example)")]
    [InlineData("[![a](https://a.example/p.png)](https://b.example)")]
    [InlineData("![[a](https://a.example)](https://b.example)")]
    [InlineData("[a <https://a.example> b](https://b.example)")]
    [InlineData("![a *<https://a.example>* www.c.example](https://b.example)")]
    [InlineData("**[a**](https://a.example)**")]
    [InlineData("a\0b <\0script>")]
    public void No_text_becomes_a_tag_an_attribute_or_another_kind_of_address(string text)
    {
        var html = Markdown.Html(text);

        var left = Regex.Replace(html,
            "</?(p|strong|em|del|code|pre|ul|ol|li|blockquote|h[3-6]|table|thead|tbody|tr|th|td)>|<[bh]r />|<br>|</a>"
            + "|<div class=\"markdown-table\" tabindex=\"0\" role=\"region\" aria-label=\"Table\">|</div>"
            + "|<a href=\"(https?://|mailto:)[^\"<>]*\" target=\"_blank\" rel=\"noopener noreferrer nofollow\" hx-boost=\"false\">", "");
        Assert.DoesNotContain("<", left, StringComparison.Ordinal);
        Assert.Equal(Regex.Count(html, "<a "), Regex.Count(html, "</a>"));
        Assert.DoesNotMatch("<a [^>]*>(?:(?!</a>).)*<a ", html);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("*a ")]
    [InlineData("**a **b_ ")]
    [InlineData("*a_ ")]
    [InlineData("~~a*_")]
    [InlineData("[")]
    [InlineData("![")]
    [InlineData("[a](")]
    [InlineData("[a][")]
    [InlineData("[a]: b\n")]
    [InlineData("`")]
    [InlineData("` `` ``` ")]
    [InlineData("> ")]
    [InlineData(">")]
    [InlineData("- ")]
    [InlineData("1. ")]
    [InlineData("> - ")]
    [InlineData("- a\n")]
    [InlineData("  - a\n\n")]
    [InlineData("a|b\n-|-\n")]
    [InlineData("|")]
    [InlineData("a|")]
    [InlineData("|-")]
    [InlineData("|a\n")]
    [InlineData("https://")]
    [InlineData("https://a.b ")]
    [InlineData("www.")]
    [InlineData("a@b.c ")]
    [InlineData("<a@")]
    [InlineData("<")]
    [InlineData("<!--")]
    [InlineData("&a")]
    [InlineData("&#")]
    [InlineData("\\")]
    [InlineData("```\n")]
    [InlineData("#\n")]
    [InlineData("a\n=\n")]
    [InlineData("(")]
    [InlineData("]")]
    [InlineData("[a](<b")]
    [InlineData(" ")]
    [InlineData("\t")]
    public Task However_it_is_made_up_it_does_not_take_long(string piece) => Task.Run(() =>
        Assert.NotNull(Markdown.Html(string.Concat(Enumerable.Repeat(piece, Long / piece.Length)))), TestContext.Current.CancellationToken);

    [Theory(Timeout = 60_000)]
    [InlineData("|a", 20_000, "\n", "|-", 20_000, "\n|b", 20_000)]
    [InlineData("[a]: https://example.com/", 1, "", "x", 50_000, "\n\n[a] ", 20_000)]
    [InlineData("[a]: https://example.com/", 1, "", "x", 1_000, "\n\n[a] ", 20_000)]
    [InlineData("[", 50_000, "", "a", 1, "](https://example.com)", 4_000)]
    [InlineData("*", 60_000, "", "a", 1, "*", 60_000)]
    [InlineData("> ", 50_000, "", "a", 1, "\n> a", 10_000)]
    public async Task Little_that_is_written_never_becomes_much_to_show(string a, int times, string b, string c, int more, string d, int most)
    {
        var text = Many(a, times) + b + Many(c, more) + Many(d, most);

        var html = await Task.Run(() => Markdown.Html(text), TestContext.Current.CancellationToken);

        Assert.True(html.Length < 10 * Long, $"It became {html.Length} letters.");
    }

    [Fact]
    public void What_stands_deep_inside_is_shown_as_it_was_written() => Assert.Contains(
        "- the end", Markdown.Html(string.Concat(Enumerable.Range(0, 400).Select(depth => new string(' ', depth * 2) + "- a\n")) + "<b>- the end"),
        StringComparison.Ordinal);

    [Theory]
    [InlineData("> ")]
    [InlineData("- ")]
    [InlineData("*a **b ")]
    public void As_deep_as_people_write_is_no_depth(string piece) =>
        Assert.DoesNotContain(piece[..1] + " " + piece[..1], Markdown.Html(Many(piece, 8) + "end"), StringComparison.Ordinal);

    private static string Many(string piece, int times) => string.Concat(Enumerable.Repeat(piece, times));

    // Where lines end between tags says nothing to a browser.
    private static string Tight(string html) => Regex.Replace(html, "(?<=>)\n", "").Replace(" />", ">", StringComparison.Ordinal);
}
