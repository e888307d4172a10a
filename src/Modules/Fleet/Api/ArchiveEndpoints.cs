using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Wopr.Kernel;
using Wopr.Protocol;

namespace Wopr.Fleet;

/// <summary>All that a bot keeps, as a file.</summary>
internal static class ArchiveEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var bot = routes.MapGroup("/fleet/bots/{id}").WithTags("Bots");
        bot.MapGet("/export", ExportAsync).Requires(Access.TenantOrOperator(Role.Viewer)).WithName("exportBot");
        bot.MapPost("/import", ImportAsync).Requires(Access.TenantOrOperator(Role.Member)).WithName("importBot");
    }

    private static async Task<Results<ArchiveDownload, ProblemHttpResult>> ExportAsync(
        HttpContext context, string id, BotRegistry bots, BotLine line, TimeProvider time, CancellationToken ct)
    {
        if (!(await bots.FindAsync(context.Actor(), id, ct)).Succeeded(out var found, out var problem)) { return problem.ToHttp(); }
        var pieces = line.FollowAsync(found.Bot, BotVerbs.Export, Nothing.Instance, context.RequestAborted).GetAsyncEnumerator(CancellationToken.None);
        try
        {
            // Refused before anything is sent; after that a break is seen by the missing end.
            await pieces.MoveNextAsync();
        }
        catch (Exception error)
        {
            await pieces.DisposeAsync();
            return error switch
            {
                LinkRefusedException refused => BotDesk.Problem(refused.Problem).ToHttp(),
                LinkLostException => BotDesk.Unreachable(found.Bot, BotVerbs.Export.Name).ToHttp(),
                _ => throw new InvalidOperationException("A bot's export failed.", error),
            };
        }
        return new ArchiveDownload(pieces, $"{found.Bot.Profile.Name}-{time.GetUtcNow().UtcDateTime.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture)}.tar.gz");
    }

    /// <summary>The archive is the body. It takes the place of all that the bot keeps, which must be stopped.</summary>
    private static async Task<Results<Ok<ArchiveTaken>, ProblemHttpResult>> ImportAsync(
        HttpContext context, string id, BotArchives archives, CancellationToken ct)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size) { size.MaxRequestBodySize = BotArchives.BytesMax; }
        return (await archives.ImportAsync(context.Actor(), id, context.Request.Body, ct)).ToHttp();
    }
}

/// <summary>An archive as it comes from the bot.</summary>
internal sealed class ArchiveDownload(IAsyncEnumerator<ArchivePiece> pieces, string name) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var (response, ct) = (httpContext.Response, httpContext.RequestAborted);
        response.ContentType = "application/gzip";
        response.Headers.ContentDisposition = $"attachment; filename=\"{name}\"";
        response.Headers.CacheControl = "no-store";
        await using (pieces)
        {
            try
            {
                do { await response.Body.WriteAsync(pieces.Current.Bytes, ct); }
                while (await pieces.MoveNextAsync());
            }
            catch (Exception error) when (error is LinkLostException or LinkRefusedException)
            {
                // The head is out already: a reader must see that the rest is missing.
                httpContext.Abort();
            }
        }
    }
}
