using Wopr.Client;
using Wopr.Dashboard.Http;
using Wopr.Dashboard.Parts;

namespace Wopr.Dashboard.Pages.Billing;

internal static class SettingsPages
{
    public static void MapSettings(this IEndpointRouteBuilder pages)
    {
        pages.MapGet("/settings", (Visit visit, CancellationToken ct) => ShowAsync(visit, Form.Empty, "", ct));
        pages.MapPost("/settings/top-up", SaveTopUpAsync);
        pages.MapPost("/settings/top-up/start", StartTopUpAsync);
        pages.MapPost("/settings/limits", SaveLimitsAsync);
    }

    /// <param name="refused">Which part of the page the form is of: <c>top-up</c>, <c>limits</c> or <c>card</c>.</param>
    public static async Task<IResult> ShowAsync(Visit visit, Form form, string refused, CancellationToken ct)
    {
        var billing = visit.Platform.Billing;
        return Page.Show<SettingsPage>(new
        {
            TopUp = await billing.TopUpAsync(ct),
            Limits = await billing.LimitsAsync(ct),
            Contact = await billing.ContactAsync(ct),
            TopUpForm = refused == "top-up" ? form : null,
            LimitForm = refused == "limits" ? form : null,
            CardForm = refused == "card" ? form : Form.Empty,
        }, form);
    }

    private static async Task<IResult> SaveTopUpAsync(HttpRequest request, Visit visit, CancellationToken ct)
    {
        var form = await Form.ReadAsync(request, ct);
        var cap = form.Trimmed("cap").Length == 0 ? 0 : Dollars.ParseCents(form["cap"]);
        if (cap is null or < 0 or > int.MaxValue) { form.Refuse("cap", "Give dollars such as 100, or leave it empty for no limit."); }
        if (!form.IsRefused)
        {
            var outcome = await visit.Platform.Billing.SetTopUpAsync(new(
                form.Checked("usage"), TopUpForm.Cents(form, "threshold"), TopUpForm.Cents(form, "amount"), form.Checked("schedule"),
                TopUpForm.Interval(form), TopUpForm.Cents(form, "scheduled"), (int)cap!.Value), ct);
            if (outcome.Problem is not { } problem) { return Page.Go("/billing/settings?done=top-up#top-up"); }
            form.Refuse(problem);
        }
        return await ShowAsync(visit, form, "top-up", ct);
    }

    /// <summary>Once more with the settings it had, after it was stopped.</summary>
    private static async Task<IResult> StartTopUpAsync(Visit visit, CancellationToken ct)
    {
        if ((await visit.Platform.Billing.SetTopUpAsync(new(UsageEnabled: true), ct)).Problem is not { } problem)
        {
            return Page.Go("/billing/settings?done=top-up-on#top-up");
        }
        var form = TopUpForm.Of((await visit.Platform.Billing.TopUpAsync(ct)).Value);
        form.Refuse(problem);
        return await ShowAsync(visit, form, "top-up", ct);
    }

    private static async Task<IResult> SaveLimitsAsync(HttpRequest request, Visit visit, CancellationToken ct)
    {
        var form = await Form.ReadAsync(request, ct);
        var limits = LimitForm.Read(form);
        if (!form.IsRefused)
        {
            if ((await visit.Platform.Billing.SetLimitsAsync(limits, ct)).Problem is not { } problem)
            {
                return Page.Go("/billing/settings?done=limits#limits");
            }
            form.Refuse(problem);
        }
        return await ShowAsync(visit, form, "limits", ct);
    }
}

/// <summary>The fields of automatic top-up.</summary>
internal static class TopUpForm
{
    public static (string Value, string Text)[] Thresholds { get; } = [.. Options(200, 500, 1000)];

    public static (string Value, string Text)[] Amounts { get; } = [.. Options(500, 1000, 2000, 5000, 10_000, 20_000, 50_000)];

    public static (string Value, string Text)[] Intervals { get; } =
        [("daily", "every day"), ("weekly", "every week"), ("monthly", "every month")];

    public static Form Of(TopUp? topUp) => topUp is null ? Form.Of() : Form.Of(
        ("usage", topUp.UsageEnabled ? "yes" : ""), ("threshold", Text(topUp.ThresholdCents)), ("amount", Text(topUp.AmountCents)),
        ("schedule", topUp.ScheduleEnabled ? "yes" : ""),
        ("interval", topUp.IntervalHours switch { 24 => "daily", 720 => "monthly", _ => "weekly" }),
        ("scheduled", Text(topUp.ScheduleCents ?? 2000)), ("cap", Dollars.Field(topUp.MonthlyCapCents / 100m)));

    public static int? Cents(Form form, string field) =>
        int.TryParse(form[field], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var cents)
            ? cents
            : null;

    public static string? Interval(Form form) => form.Has("interval") ? form["interval"] : null;

    private static IEnumerable<(string, string)> Options(params int[] cents) =>
        cents.Select(each => (Text(each), Dollars.Cents(each)));

    private static string Text(int cents) => cents.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>The fields of spending limits: those of everything, and a line for each capability.</summary>
internal static class LimitForm
{
    private const int LinesMax = 100;

    public static Form Of(SpendingLimits limits)
    {
        List<(string, string?)> values = [.. Pair("month", limits.Global), .. Pair("day", limits.Daily?.Global)];
        var lines = (limits.PerCapability ?? new Dictionary<string, SpendingLimit>()).Select(entry => (Period: "month", entry))
            .Concat((limits.Daily?.PerCapability ?? new Dictionary<string, SpendingLimit>()).Select(entry => (Period: "day", entry)))
            .OrderBy(line => line.entry.Key, StringComparer.Ordinal).ThenBy(line => line.Period, StringComparer.Ordinal).ToList();
        foreach (var (index, (period, (name, limit))) in lines.Index())
        {
            values.AddRange([($"name-{index}", name), ($"period-{index}", period), .. Pair($"line-{index}", limit)]);
        }
        // An empty one, to add another.
        values.AddRange([($"name-{lines.Count}", ""), ($"period-{lines.Count}", "month"), .. Pair($"line-{lines.Count}", null)]);
        return Form.Of([.. values]);
    }

    public static int Lines(Form form) => Enumerable.Range(0, LinesMax).TakeWhile(index => form.Has($"name-{index}")).Count();

    public static SpendingLimits Read(Form form)
    {
        var (month, day) = (One(form, "month"), One(form, "day"));
        Dictionary<string, SpendingLimit> monthly = [], daily = [];
        for (var index = 0; index < Lines(form); index++)
        {
            var limit = One(form, $"line-{index}");
            if (form.Trimmed($"name-{index}") is not { Length: > 0 } name)
            {
                if (limit != new SpendingLimit()) { form.Refuse($"name-{index}", "Say what this is for, or empty the line."); }
                continue;
            }
            if (!(form[$"period-{index}"] == "day" ? daily : monthly).TryAdd(name, limit))
            {
                form.Refuse($"name-{index}", "This one is listed twice for the same time.");
            }
        }
        return new(month, monthly, new(day, daily));
    }

    private static SpendingLimit One(Form form, string name) => new(Amount(form, $"{name}-alert"), Amount(form, $"{name}-cap"));

    private static decimal? Amount(Form form, string field)
    {
        if (form.Trimmed(field).Length == 0) { return null; }
        if (Dollars.Parse(form[field]) is { } dollars and >= 0) { return dollars; }
        form.Refuse(field, "Give dollars such as 20 or 20.50.");
        return null;
    }

    private static (string, string?)[] Pair(string name, SpendingLimit? limit) =>
        [($"{name}-alert", Dollars.Field(limit?.AlertAt)), ($"{name}-cap", Dollars.Field(limit?.HardCap))];
}
