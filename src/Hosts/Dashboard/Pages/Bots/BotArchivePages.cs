using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using Wopr.Dashboard.Http;
using Wopr.Kernel;

namespace Wopr.Dashboard.Pages.Bots;

/// <summary>All that a bot keeps as a file, passed on as it comes in either direction.</summary>
internal static class BotArchivePages
{
    // What the platform takes, and the form around it.
    private const long FormBytesMax = (256L << 20) + (64 * 1024);

    public static void MapBotArchive(this RouteGroupBuilder settings)
    {
        settings.MapGet("/export", ExportAsync);
        settings.MapPost("/import", ImportAsync).WithMetadata(new ChatPages.LargeForm(FormBytesMax));
    }

    private static async Task<IResult> ExportAsync(string id, HttpContext context, Visit visit, CancellationToken ct)
    {
        var outcome = await visit.Platform.Fleet.ExportAsync(id, ct);
        if (!outcome.Succeeded(out var answer, out var problem)) { return Troubles.Of(problem); }
        context.Response.RegisterForDispose(answer);
        return TypedResults.Stream(await answer.Content.ReadAsStreamAsync(ct), "application/gzip",
            answer.Content.Headers.ContentDisposition?.FileName?.Trim('"') ?? "bot.tar.gz");
    }

    private static async Task<IResult> ImportAsync(string id, HttpRequest request, Visit visit, CancellationToken ct)
    {
        var form = Form.Of();
        if (await FileAsync(request, ct) is not { } archive)
        {
            form.Refuse(new Problem(ProblemKind.Invalid, "archive.missing", "Choose the file that an export made."));
            return await BotSettingsPages.ShowAsync(id, visit, new() { Archive = form }, ct);
        }
        if ((await visit.Platform.Fleet.ImportAsync(id, archive, ct)).Problem is not { } problem)
        {
            return Page.Go($"/bots/{id}/settings?done=bot-imported#archive");
        }
        form.Refuse(problem);
        return await BotSettingsPages.ShowAsync(id, visit, new() { Archive = form }, ct);
    }

    /// <summary>The file that was chosen, as it arrives; null when there is none.</summary>
    private static async Task<Stream?> FileAsync(HttpRequest request, CancellationToken ct)
    {
        if (!request.HasFormContentType || !MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            || HeaderUtilities.RemoveQuotes(type.Boundary) is not { Length: > 0 and <= 100 } boundary)
        {
            return null;
        }
        MultipartReader parts = new(boundary.ToString(), request.Body);
        while (await parts.ReadNextSectionAsync(ct) is { } part)
        {
            if (ContentDispositionHeaderValue.TryParse(part.ContentDisposition, out var what) && what.IsFileDisposition()
                && what.Name == "archive" && what.FileName.Length > 0)
            {
                return part.Body;
            }
        }
        return null;
    }
}
