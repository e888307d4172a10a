using System.Globalization;
using Wopr.Client;
using Wopr.Dashboard.Http;

namespace Wopr.Dashboard.Pages.Billing;

/// <summary>Where the money came from and went.</summary>
internal static class SpendingPages
{
    private const int Rows = 50;
    private const int OffsetMax = 10_000;

    public static void MapSpending(this IEndpointRouteBuilder pages)
    {
        pages.MapGet("/history", HistoryAsync);
        pages.MapGet("/usage", UsageAsync);
    }

    private static async Task<IResult> HistoryAsync(Visit visit, string? kind, string? offset, CancellationToken ct)
    {
        var skipped = int.TryParse(offset, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? Math.Min(number, OffsetMax)
            : 0;
        var known = Kinds.Movements.Any(each => each.Value == kind) ? kind : null;
        // One more than is shown tells whether there are older ones.
        var outcome = await visit.Platform.Billing.HistoryAsync(known, Rows + 1, skipped, ct);
        return outcome.Succeeded(out var movements, out var problem)
            ? Page.Show<HistoryPage>(new
            {
                Movements = movements.Entries.Take(Rows).ToArray(),
                Form = Form.Of(("kind", known)),
                Newer = skipped > 0 ? Math.Max(0, skipped - Rows) : (int?)null,
                Older = movements.Entries.Length > Rows && skipped + Rows <= OffsetMax ? skipped + Rows : (int?)null,
            })
            : Troubles.Of(problem);
    }

    private static async Task<IResult> UsageAsync(Visit visit, TimeProvider time, string? from, string? to, CancellationToken ct)
    {
        var today = BillingPages.Today(time);
        var form = Form.Of(("from", from), ("to", to));
        var (first, last) = (Day(form, "from", today.AddDays(-29)), Day(form, "to", today));
        if (!form.IsRefused && last < first) { form.Refuse("to", "This day comes before the first one."); }
        if (!form.IsRefused && last.DayNumber - first.DayNumber > 366) { form.Refuse("from", "Choose at most a year at a time."); }
        SpentDays days = new([], []);
        if (!form.IsRefused)
        {
            var outcome = await visit.Platform.Billing.DaysAsync(first, last, ct);
            if (!outcome.Succeeded(out days!, out var problem)) { return Troubles.Of(problem); }
        }
        var shown = Form.Of(("from", from ?? Text(first)), ("to", to ?? Text(last)));
        foreach (var field in (string[])["from", "to"])
        {
            if (form.Error(field) is { } error) { shown.Refuse(field, error); }
        }
        return Page.Show<UsagePage>(new { Days = days, From = first, To = last, Today = today, Form = shown }, shown);
    }

    private static DateOnly Day(Form form, string field, DateOnly otherwise)
    {
        if (form.Trimmed(field).Length == 0) { return otherwise; }
        if (DateOnly.TryParseExact(form.Trimmed(field), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            && day.Year is >= 2000 and < 3000)
        {
            return day;
        }
        form.Refuse(field, "Give a day such as 2026-03-31.");
        return otherwise;
    }

    private static string Text(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
