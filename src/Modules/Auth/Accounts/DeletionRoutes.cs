using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Wopr.Kernel;

namespace Wopr.Auth;

internal sealed record DeletionRequest(string ConfirmPhrase, string CurrentPassword = "");
internal sealed record DeletionName(string RequestId);

/// <summary>Leaving: better-auth's route, and the procedures that also show and cancel it.</summary>
internal static class DeletionRoutes
{
    private const string Phrase = "DELETE MY ACCOUNT";

    public static void MapDeletion(this RouteGroupBuilder auth) =>
        auth.MapPost("/delete-user", DeleteAsync).Requires(Access.User);

    public static void MapDeletionProcedures(this IEndpointRouteBuilder routes)
    {
        routes.MapMutation<DeletionRequest, object>("account.requestDeletion", Access.User, async (context, input, ct) =>
            input.ConfirmPhrase != Phrase
                ? DeletionProblems.BadPhrase
                : (await Of(context).RequestAsync(context.Actor(), context.Signed()!, input.CurrentPassword, ct)).Map<object>(
                    deletion => new { requestId = deletion.Id, deleteAfter = deletion.EraseAfter, status = "pending" }));
        routes.MapQuery<NoInput, object>("account.deletionStatus", Access.User, async (context, _, ct) =>
            await Of(context).FindAsync(context.Actor().UserId!, ct) is { } deletion
                ? new
                {
                    hasPendingDeletion = true,
                    requestId = deletion.Id,
                    deleteAfter = deletion.EraseAfter,
                    createdAt = deletion.RequestedAt,
                }
                : (Result<object>)new { hasPendingDeletion = false });
        routes.MapMutation<DeletionName, object>("account.cancelDeletion", Access.User, async (context, input, ct) =>
            (await Of(context).CancelAsync(context.Actor(), input.RequestId, ct)).Map<object>(_ => new { cancelled = true }));
    }

    private static async Task<object> DeleteAsync(HttpContext context, AuthBody body, AccountDeletion deletion, CancellationToken ct)
    {
        var password = body.OptionalText("password", 4096);
        if (body.Refusal is { } refusal) { return refusal; }
        return (await deletion.RequestAsync(context.Actor(), context.Signed()!, password, ct)).Succeeded(out var pending, out var problem)
            ? new { success = true, message = $"Your account will be deleted on {pending.EraseAfter:yyyy-MM-dd}. Until then you can cancel it." }
            : problem;
    }

    private static AccountDeletion Of(HttpContext context) => context.RequestServices.GetRequiredService<AccountDeletion>();
}
