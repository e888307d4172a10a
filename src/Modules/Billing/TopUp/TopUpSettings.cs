using Wopr.Audit;
using Wopr.Kernel;

namespace Wopr.Billing;

internal sealed class TopUpSettings(Db db, TopUpCards cards, AuditLog audit, TimeProvider time)
{
    public async Task<Result<TopUpView>> ShowAsync(Actor actor, CancellationToken ct)
    {
        var topUp = await TopUpSql.FindAsync(db, actor.TenantId!, ct) ?? new(actor.TenantId!);
        // Who never set it up has no card to show, and Stripe need not be asked.
        var card = topUp.UsageEnabled || topUp.ScheduleEnabled ? (await cards.FindAsync(topUp.TenantId, ct)).Value : null;
        return TopUpView.From(topUp, card?.Last4);
    }

    public async Task<Result<TopUpView>> UpdateAsync(Actor actor, UpdateTopUp update, CancellationToken ct)
    {
        if (Fault(update) is { } fault) { return fault; }
        var isTurnedOn = update.UsageEnabled == true || update.ScheduleEnabled == true;
        TopUpCard? card = null;
        if (isTurnedOn && !(await cards.FindAsync(actor.TenantId!, ct)).Succeeded(out card, out var problem)) { return problem; }
        return await db.TransactAsync<Result<TopUpView>>(async tx =>
        {
            var (now, before) = (time.Now(), await TopUpSql.LockAsync(tx, actor.TenantId!, ct));
            var after = Changed(before, update, isTurnedOn, now);
            if (after.ScheduleEnabled && (after.Interval is null || after.ScheduleCents is null)) { return TopUpProblems.NoSchedule; }
            if (after.MonthlyCapCents < Math.Max(after.UsageEnabled ? after.AmountCents : 0, after.ScheduleEnabled ? after.ScheduleCents!.Value : 0))
            {
                return TopUpProblems.BadCap;
            }
            await TopUpSql.SaveAsync(tx, after, ct);
            await audit.WriteAsync(tx, actor, new("billing.top_up_changed", $"tenant:{actor.TenantId}", Details: new Dictionary<string, string>
            {
                ["usage"] = after.UsageEnabled ? $"{after.AmountCents} below {after.ThresholdCents}" : "off",
                ["schedule"] = after.ScheduleEnabled ? $"{after.ScheduleCents} {Sql.Name(after.Interval!.Value)}" : "off",
                ["cap"] = after.MonthlyCapCents?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "none",
            }), ct);
            await Jobs.NudgeAsync(tx, TopUpJob.Name, ct);
            return TopUpView.From(after, card?.Last4);
        }, ct);
    }

    private static Problem? Fault(UpdateTopUp update) =>
        update.UsageThresholdCents is { } threshold && !TopUp.Thresholds.Contains(threshold) ? TopUpProblems.BadThreshold
        : update.UsageTopupCents is { } amount && !TopUp.Amounts.Contains(amount) ? TopUpProblems.BadAmount
        : update.ScheduleAmountCents is { } scheduled && !TopUp.Amounts.Contains(scheduled) ? TopUpProblems.BadAmount
        : update.ScheduleInterval is { } interval && !SnakeCase<TopUpInterval>.TryParse(interval, out _) ? TopUpProblems.BadInterval
        : update.MonthlyCapCents is < 0 ? TopUpProblems.BadCap
        : null;

    private static TopUp Changed(TopUp topUp, UpdateTopUp update, bool isTurnedOn, DateTimeOffset now)
    {
        var interval = update.ScheduleInterval is { } name ? SnakeCase<TopUpInterval>.Parse(name) : topUp.Interval;
        var scheduled = update.ScheduleEnabled ?? topUp.ScheduleEnabled;
        var isNewSchedule = scheduled && interval is not null && (!topUp.ScheduleEnabled || interval != topUp.Interval);
        var after = topUp with
        {
            UsageEnabled = update.UsageEnabled ?? topUp.UsageEnabled,
            ThresholdCents = update.UsageThresholdCents ?? topUp.ThresholdCents,
            AmountCents = update.UsageTopupCents ?? topUp.AmountCents,
            ScheduleEnabled = scheduled,
            Interval = interval,
            ScheduleCents = update.ScheduleAmountCents ?? topUp.ScheduleCents,
            NextAt = !scheduled ? null : isNewSchedule ? TopUp.After(interval!.Value, now, now) : topUp.NextAt,
            MonthlyCapCents = update.MonthlyCapCents switch { null => topUp.MonthlyCapCents, 0 => null, var cap => cap },
        };
        return isTurnedOn ? after with { Failures = 0, RetryAt = null, StoppedAt = null } : after;
    }
}
