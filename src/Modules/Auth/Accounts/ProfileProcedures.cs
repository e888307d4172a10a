using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Wopr.Kernel;

namespace Wopr.Auth;

internal sealed record Profile(string Id, string Name, string Email, string? Image)
{
    public static Profile Of(User user) => new(user.Id, user.Name, user.Email, user.Image);
}

internal sealed record ProfileChange(string? Name = null, string? Image = null);
internal sealed record PasswordChange(string CurrentPassword, string NewPassword);

/// <summary>The person and the tenant acted for, under the names tRPC clients know.</summary>
internal static class ProfileProcedures
{
    private const int NameLengthMax = 128;

    public static void MapProfileProcedures(this IEndpointRouteBuilder routes)
    {
        routes.MapQuery<NoInput, Profile>("profile.getProfile", Access.User,
            (context, _, _) => Task.FromResult<Result<Profile>>(Profile.Of(context.Signed()!.User)));
        routes.MapMutation<ProfileChange, Profile>("profile.updateProfile", Access.User, UpdateAsync);
        routes.MapMutation<PasswordChange, object>("profile.changePassword", Access.User, async (context, input, ct) =>
            (await Of(context).ChangePasswordAsync(context.Actor(), context.Signed()!, input.CurrentPassword, input.NewPassword,
                revokeOthers: false, Origin.Of(context), ct)).Problem is { } problem
                    ? problem
                    : (Result<object>)new { ok = true });

        routes.MapQuery<NoInput, object>("settings.health", Access.Public,
            (_, _, _) => Task.FromResult<Result<object>>(new { status = "ok", service = "wopr-platform" }));
        routes.MapQuery<NoInput, object>("settings.tenantConfig", Access.Tenant(Role.Viewer),
            (context, _, _) => Task.FromResult<Result<object>>(new { tenantId = context.Actor().TenantId, configured = true }));
        routes.MapQuery<NoInput, object>("settings.ping", Access.Tenant(Role.Viewer),
            (context, _, _) => Task.FromResult<Result<object>>(new
            {
                ok = true,
                tenantId = context.Actor().TenantId,
                userId = context.Actor().UserId,
                timestamp = context.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow().ToUnixTimeMilliseconds(),
            }));
    }

    private static async Task<Result<Profile>> UpdateAsync(HttpContext context, ProfileChange change, CancellationToken ct)
    {
        if (change.Name is { } name && (name.Trim().Length == 0 || name.Length > NameLengthMax))
        {
            return OrganizationProblems.Name(name, NameLengthMax)!;
        }
        return (await Of(context).UpdateAsync(context.Signed()!.User, change.Name, change.Image is not null, change.Image, ct))
            .Map(Profile.Of);
    }

    private static Accounts Of(HttpContext context) => context.RequestServices.GetRequiredService<Accounts>();
}
