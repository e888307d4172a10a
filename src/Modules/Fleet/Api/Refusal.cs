using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Wopr.Credits;
using Wopr.Kernel;
using Wopr.Quotas;

namespace Wopr.Fleet;

/// <summary>A refusal with what clients of the contract look for beside the sentence: what there is, and what it takes.</summary>
internal sealed class Refusal(Problem problem) : IResult
{
    private const string Insufficient = "insufficient_credits";
    private const string QuotaExceeded = "quota_exceeded";
    private const string BuyUrl = "/dashboard/credits";

    /// <summary>Whose it would be, when the caller stands for no tenant.</summary>
    public string? Tenant { get; init; }

    /// <summary>The bot that it is about, when there is one already.</summary>
    public string? Bot { get; init; }

    /// <summary>What it takes, when there is no bot yet.</summary>
    public Money? Required { get; init; }

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var (services, ct) = (httpContext.RequestServices, httpContext.RequestAborted);
        var bots = services.GetRequiredService<BotRegistry>();
        var bot = Bot is not null && (await bots.FindAsync(httpContext.Actor(), Bot, ct)).Succeeded(out var found, out _) ? found.Bot : null;
        var whose = httpContext.Actor().TenantId ?? bot?.TenantId ?? Tenant;
        var required = Required ?? (bot is null ? null : bots.Price(bot.Profile));
        if (whose is not null && required is { } price && problem.Code == Insufficient)
        {
            var db = services.GetRequiredService<Db>();
            var balance = await services.GetRequiredService<Ledger>().BalanceAsync(db, whose, ct);
            // One that is new needs the days of the others too.
            if (bot is null) { price += await bots.RunUpAsync(db, whose, ct); }
            await WriteAsync(httpContext, new InsufficientCredits(Insufficient, balance.Total.Cents, price.Cents, BuyUrl,
                problem.Code, problem.Detail, problem.Kind.Status(), httpContext.TraceIdentifier));
        }
        else if (whose is not null && problem.Code == QuotaExceeded)
        {
            var quotas = services.GetRequiredService<TenantQuotas>();
            var limits = await quotas.LimitsAsync(whose, ct);
            await WriteAsync(httpContext, new QuotaReached(problem.Detail, await quotas.UsedAsync(whose, Quota.Instances, ct),
                limits.Of(Quota.Instances).Max ?? 0, problem.Code, problem.Detail, problem.Kind.Status(), httpContext.TraceIdentifier));
        }
        else
        {
            await problem.ToHttp().ExecuteAsync(httpContext);
        }
    }

    private async Task WriteAsync<T>(HttpContext context, T body)
    {
        context.Response.StatusCode = problem.Kind.Status();
        await context.Response.WriteAsJsonAsync(body, options: null, "application/problem+json", context.RequestAborted);
    }
}

/// <param name="Balance">Cents.</param>
/// <param name="Required">Cents.</param>
internal sealed record InsufficientCredits(
    string Error, long Balance, long Required, string BuyUrl, string Code, string Detail, int Status, string RequestId);

internal sealed record QuotaReached(
    string Error, long CurrentInstances, long MaxInstances, string Code, string Detail, int Status, string RequestId);
