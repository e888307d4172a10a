using System.Net;
using System.Text.RegularExpressions;

namespace Wopr.Sandbox;

/// <summary>The frame of every page that a person sees here.</summary>
internal static partial class Page
{
    public static IResult Show(string title, string body) => Results.Content($$"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width">
        <title>{{Text(title)}}</title>
        <style>
          body { max-width: 48em; margin: 2em auto; padding: 0 1em; font: 16px/1.5 system-ui, sans-serif;
                 color: #1c1c1a; background: #f4f4f2 }
          article, form { margin: 1em 0; padding: 1em 1.5em; background: #fff; border-radius: 8px }
          h2 { margin: 0; font-size: 1.1em } small { color: #66665f } pre { white-space: pre-wrap; overflow-wrap: anywhere }
          input, button { font: inherit; padding: .4em .8em }
        </style>
        </head>
        <body>
        <h1>{{Text(title)}}</h1>
        {{body}}
        </body>
        </html>
        """, "text/html; charset=utf-8");

    public static string Text(string? text) => WebUtility.HtmlEncode(text ?? "");

    /// <summary>Plain text for a page, with its addresses made into links.</summary>
    public static string Linked(string text)
    {
        var at = 0;
        System.Text.StringBuilder html = new();
        foreach (Match link in Address().Matches(text))
        {
            html.Append(Text(text[at..link.Index])).Append("<a href=\"").Append(Text(link.Value)).Append("\">")
                .Append(Text(link.Value)).Append("</a>");
            at = link.Index + link.Length;
        }
        return html.Append(Text(text[at..])).ToString();
    }

    public static string[] LinksIn(string text) => [.. Address().Matches(text).Select(link => link.Value)];

    [GeneratedRegex("""https?://[^\s<>"]+[^\s<>".,;:!?)]""")]
    private static partial Regex Address();
}
