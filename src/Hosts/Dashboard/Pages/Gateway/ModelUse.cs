using Wopr.Client;

namespace Wopr.Dashboard.Pages.Gateway;

/// <summary>A model's part in the cost of some days.</summary>
public sealed record UsedModel(string Model, string Provider, long Requests, long InputUnits, long OutputUnits, long ChargedNanos);

/// <summary>What models cost, without the days of bots and their storage.</summary>
/// <param name="From">Later than was asked for when there is more than can be listed.</param>
public sealed record ModelUse(
    IReadOnlyList<SpentDay> Days, IReadOnlyList<UsedModel> Models, IReadOnlyList<DayUse> Uses, DateOnly From, DateOnly To, bool IsCut)
{
    internal static ModelUse Of(SpentDays spent, DateOnly from, DateOnly to)
    {
        // The oldest day of a list that was cut may not be whole.
        var first = spent is { HasMore: true, Uses: [.., var last] } && last.Day < to ? last.Day.AddDays(1) : from;
        var uses = spent.Uses.Where(use => use.Model.Length > 0 && use.Day >= first).ToList();
        return new(
            [.. uses.GroupBy(use => use.Day).Select(day => new SpentDay(day.Key, day.Sum(use => use.Requests), day.Sum(use => use.ChargedNanos)))],
            [.. uses.GroupBy(use => (use.Model, use.Provider))
                .Select(model => new UsedModel(model.Key.Model, model.Key.Provider, model.Sum(use => use.Requests),
                    model.Sum(use => use.InputUnits), model.Sum(use => use.OutputUnits), model.Sum(use => use.ChargedNanos)))
                .OrderByDescending(model => model.ChargedNanos).ThenBy(model => model.Model, StringComparer.Ordinal)],
            uses, first, to, spent.HasMore);
    }
}
