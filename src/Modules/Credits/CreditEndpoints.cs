using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Wopr.Kernel;

namespace Wopr.Credits;

/// <param name="Reference">Makes a repetition harmless; a new one each time when it is not given.</param>
public sealed record AdjustCredits(string Tenant, long AmountCents, string Reason, string? Reference = null);

public sealed record GrantCredits(string Tenant, long AmountCents, string Reason, DateTimeOffset? ExpiresAt = null, string? Reference = null);

public sealed record FreezeCredits(string Tenant, bool Frozen, string Reason);

public sealed record TenantCredits(
    string Tenant, long BalanceNanos, long FreeNanos, long OwedNanos, bool IsFrozen);

public sealed record PostedView(string Reference, long AmountNanos, long BalanceNanos, bool IsReplay);

public sealed record PlatformAccount(string Account, long Nanos);

public sealed record DifferenceView(string What, string Tenant, long ExpectedNanos, long FoundNanos);

public sealed record ReconciliationView(DateTimeOffset At, long Accounts, long Entries, IReadOnlyList<DifferenceView> Differences);

internal static class CreditEndpoints
{
    private static readonly Access s_read = Access.Tenant(Role.Viewer);

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapQuery<BalanceRequest, BalanceView>("billing.creditsBalance", s_read, (context, request, ct) =>
            Of<Balances>(context).ShowAsync(context.Actor(), request.Tenant, ct));
        routes.MapQuery<HistoryRequest, HistoryPage>("billing.creditsHistory", s_read, (context, request, ct) =>
            Of<History>(context).ShowAsync(context.Actor(), request, ct));
        routes.MapQuery<UsageRequest, UsageView>("billing.usage", s_read, (context, request, ct) =>
            Of<UsageReports>(context).ShowAsync(context.Actor(), request, ct));
        routes.MapQuery<UsageRequest, UsageSummary>("billing.usageSummary", s_read, (context, request, ct) =>
            Of<UsageReports>(context).SummaryAsync(context.Actor(), request, ct));
        routes.MapQuery<NoInput, FundsView>("billing.funds", s_read, (context, _, ct) =>
            Of<SpendReports>(context).FundsAsync(context.Actor(), ct));
        routes.MapQuery<DaysRequest, DaysView>("billing.usageDays", s_read, (context, request, ct) =>
            Of<SpendReports>(context).DaysAsync(context.Actor(), request, ct));

        var own = routes.MapGroup("/api/billing").WithTags("Credits");
        own.MapGet("/credits/balance", (HttpContext context, Balances balances, CancellationToken ct) =>
            AnswerAsync(balances.ShowAsync(context.Actor(), null, ct))).Requires(s_read);
        own.MapGet("/credits/history", (HttpContext context, History history, [AsParameters] HistoryRequest request, CancellationToken ct) =>
            AnswerAsync(history.ShowAsync(context.Actor(), request, ct))).Requires(s_read);
        own.MapGet("/usage", (HttpContext context, UsageReports reports, [AsParameters] UsageRequest request, CancellationToken ct) =>
            AnswerAsync(reports.ShowAsync(context.Actor(), request, ct))).Requires(s_read);
        own.MapGet("/usage/summary", (HttpContext context, UsageReports reports, [AsParameters] UsageRequest request, CancellationToken ct) =>
            AnswerAsync(reports.SummaryAsync(context.Actor(), request, ct))).Requires(s_read);

        var admin = routes.MapGroup("/api/admin/credits").WithTags("Credits");
        admin.MapGet("/", (string tenant, CreditOperators operators, CancellationToken ct) => AnswerAsync(operators.ShowAsync(tenant, ct)))
            .Requires(Access.PlatformAdmin);
        admin.MapPost("/adjust", (HttpContext context, AdjustCredits body, CreditOperators operators, CancellationToken ct) =>
            AnswerAsync(operators.AdjustAsync(context.Actor(), body, ct))).Requires(Access.PlatformAdmin);
        admin.MapPost("/grant", (HttpContext context, GrantCredits body, CreditOperators operators, CancellationToken ct) =>
            AnswerAsync(operators.GrantAsync(context.Actor(), body, ct))).Requires(Access.PlatformAdmin);
        admin.MapPost("/freeze", (HttpContext context, FreezeCredits body, CreditOperators operators, CancellationToken ct) =>
            AnswerAsync(operators.FreezeAsync(context.Actor(), body, ct))).Requires(Access.PlatformAdmin);
        admin.MapGet("/accounts", (CreditOperators operators, CancellationToken ct) => operators.AccountsAsync(ct))
            .Requires(Access.PlatformAdmin);
        admin.MapGet("/reconciliation", async (Reconciliation reconciliation, CancellationToken ct) =>
        {
            var report = await reconciliation.RunAsync(ct);
            return new ReconciliationView(report.At, report.Accounts, report.Entries, [.. report.Differences.Select(difference =>
                new DifferenceView(difference.What, difference.Tenant, difference.Expected.Nanos, difference.Found.Nanos))]);
        }).Requires(Access.PlatformAdmin);
    }

    private static async Task<Results<Ok<T>, ProblemHttpResult>> AnswerAsync<T>(Task<Result<T>> outcome) => (await outcome).ToHttp();

    private static T Of<T>(HttpContext context) where T : notnull => context.RequestServices.GetRequiredService<T>();
}
