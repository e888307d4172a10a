using Microsoft.AspNetCore.Http.HttpResults;
using Wopr.Kernel;

namespace Wopr.Dashboard.Pages;

/// <summary>The pages nobody wants to see: each says what happened and what to do.</summary>
internal static class Troubles
{
    public static RazorComponentResult<TroublePage> NotFound() => Page(404, "There is nothing at this address",
        "The link may be old, or it was typed with a mistake.");

    public static RazorComponentResult<TroublePage> Foreign() => Page(403, "This was sent from another site",
        "To protect your account, only WOPR's own pages can change it. Go back to WOPR and try again there.");

    public static RazorComponentResult<TroublePage> Of(Problem problem) => problem.Kind switch
    {
        ProblemKind.NotFound when problem.Code is "route.not_found" or "trpc.no_procedure" =>
            Page(404, "This server does not offer that yet", "Ask its operator, or come back after the next update."),
        ProblemKind.NotFound => Page(404, "That does not exist", "It may have been removed, or it belongs to somebody else."),
        ProblemKind.Forbidden => Page(403, "You may not see this", Http.Sentences.Of(problem).Sentence),
        ProblemKind.Unavailable => Page(503, "WOPR does not answer right now", "Nothing is lost. Try again in a moment."),
        ProblemKind.LimitReached => Page(429, "That was too often", Http.Sentences.Of(problem).Sentence),
        _ => Page(400, "That did not work", Http.Sentences.Of(problem).Sentence),
    };

    public static void Handle(IApplicationBuilder app) => app.Run(context =>
        Page(500, "Something broke on our side", "Try again; if it stays, tell us the request id below.",
            context.TraceIdentifier).ExecuteAsync(context));

    private static RazorComponentResult<TroublePage> Page(
        int status, string title, string sentence, string? requestId = null) =>
        new(new { Title = title, Sentence = sentence, RequestId = requestId }) { StatusCode = status };
}
