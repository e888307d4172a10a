using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Wopr.Kernel;

namespace Wopr.Auth;

public static class AuthModule
{
    public static void AddAuth(this IHostApplicationBuilder builder, SettingsReader settings)
    {
        var options = settings.Read<AuthOptions>();
        builder.Services.AddSingleton(Options.Create(options));
        builder.Services.AddSingleton(new AuthCookies(options));
        builder.Services.AddSingleton<Sessions>();
        builder.Services.AddSingleton<Accounts>();
        builder.Services.AddSingleton(provider => new FirstAdmin(provider.GetRequiredService<Accounts>()));
    }

    /// <summary>Makes the caller known; what a route then demands is checked by <c>UseAccess</c>.</summary>
    public static void UseActor(this IApplicationBuilder app) => app.UseMiddleware<ActorMiddleware>();

    public static void MapAuth(this IEndpointRouteBuilder routes) => AuthEndpoints.Map(routes);
}
