using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Wopr.Kernel;
using Wopr.Protocol;

namespace Wopr.Fleet;

/// <summary>A conversation as lines of JSON, read from the bot page by page as it goes out.</summary>
internal sealed class SessionExport(BotDesk desk, Actor actor, string bot, string session, long last) : IResult
{
    private const int PageSize = 100;

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var json = httpContext.RequestServices.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
        var (response, ct) = (httpContext.Response, httpContext.RequestAborted);
        response.ContentType = "application/x-ndjson";
        response.Headers.ContentDisposition = $"attachment; filename=\"{session}.jsonl\"";
        // Numbers have no gaps, so each page ends where the next one begins.
        for (var from = 0L; from <= last; from += PageSize)
        {
            var page = await desk.AskAsync(actor, bot, BotVerbs.Read, new(session, from + PageSize, PageSize), ct);
            if (!page.Succeeded(out var entries, out _))
            {
                // The head is out already: a reader must see that the rest is missing.
                httpContext.Abort();
                return;
            }
            foreach (var entry in entries.Entries.Where(entry => entry.Number >= from))
            {
                await response.WriteAsync(JsonSerializer.Serialize(entry, json) + "\n", ct);
            }
        }
    }
}
