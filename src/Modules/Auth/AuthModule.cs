using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Wopr.Kernel;

namespace Wopr.Auth;

public static class AuthModule
{
    private static readonly TimeSpan s_providerPatience = TimeSpan.FromSeconds(10);

    public static void AddAuth(this IHostApplicationBuilder builder, SettingsReader settings)
    {
        var (options, social) = (settings.Read<AuthOptions>(), settings.Read<SocialOptions>());
        var services = builder.Services;
        services.AddSingleton(Options.Create(options));
        services.AddSingleton(social);
        services.AddSingleton(new AuthCookies(options));
        services.AddSingleton(new ConfiguredTokens(options));
        services.AddSingleton<TrustedUrls>();
        services.AddSingleton<Verifications>();
        services.AddSingleton<LoginHistory>();
        services.AddSingleton<Credentials>();
        services.AddSingleton<AccountMail>();
        services.AddSingleton<Sessions>();
        services.AddSingleton<SignIn>();
        services.AddSingleton<EmailVerification>();
        services.AddSingleton<PasswordReset>();
        services.AddSingleton<Accounts>();
        services.AddSingleton<AccountDeletion>();
        services.AddSingleton<TwoFactor>();
        services.AddSingleton<SecondStep>();
        services.AddSingleton<Memberships>();
        services.AddSingleton<Organizations>();
        services.AddSingleton<TenantDirectory>();
        services.AddSingleton<ApiTokens>();
        services.AddSingleton<Operators>();
        services.AddExclusiveJob<Housekeeping>("auth-housekeeping", every: TimeSpan.FromMinutes(10));
        services.AddOutboxHandler<LinkAsked, LinkSender>();
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<SocialSignIn>(provider,
            new HttpClient { Timeout = s_providerPatience, DefaultRequestHeaders = { { "User-Agent", "wopr-platform" } } }));
        services.AddSingleton(provider => new FirstAdmin(provider.GetRequiredService<Accounts>()));
    }

    /// <summary>Makes the caller known; what a route then demands is checked by <c>UseAccess</c>.</summary>
    public static void UseActor(this IApplicationBuilder app) => app.UseMiddleware<ActorMiddleware>();

    public static void MapAuth(this IEndpointRouteBuilder routes)
    {
        var auth = routes.MapGroup("/api/auth").WithTags("Auth").AnswersProblems();
        auth.AddEndpointFilter(RefusePretendersAsync);
        auth.MapGet("/ok", () => new { ok = true }).Requires(Access.Public);
        auth.MapAccounts();
        auth.MapMailedLinks();
        auth.MapSessions();
        auth.MapTwoFactor();
        auth.MapSocial();
        auth.MapDeletion();
        routes.MapVerificationLink();
        routes.MapAccountExport();
        routes.MapOrganizations();
        routes.MapApiTokens();
        routes.MapOperators();

        routes.MapProfileProcedures();
        routes.MapDeletionProcedures();
        routes.MapOrganizationProcedures();
    }

    // The access check lets everybody into open routes, yet some of them act on the cookie that came along.
    private static async ValueTask<object?> RefusePretendersAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var (method, actor) = (context.HttpContext.Request.Method, context.HttpContext.Actor());
        return actor is { IsKnown: true, Refusal: { } refusal } && !HttpMethods.IsGet(method) ? refusal : await next(context);
    }
}
