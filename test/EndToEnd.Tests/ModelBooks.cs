using System.Net.Http.Json;
using System.Text.Json;
using Wopr.Testing;

namespace Wopr.EndToEnd.Tests;

/// <summary>What a provider wrote down of one request it was asked.</summary>
internal sealed record Served(string RequestId, string Tag, string Provider, int Status, long Input, long Output)
{
    /// <summary>Who asked had hung up before the question was read to its end.</summary>
    public bool IsAbandoned => Status is 0 or 400 && Tag.Length == 0;
}

/// <summary>One row of what was used.</summary>
internal sealed record Booked(
    string RequestId, string Tenant, string Provider, long Input, long Output, long Wholesale, long Price, long Charged, bool IsEstimated);

/// <summary>
/// The providers' record of what they served beside our books. A request that a provider answered has one row: it is durable
/// before anything of the answer goes out. Only of one that a kill overtook on its way to the disk nothing is left, and nobody
/// got anything of it: then the answer is at our cost.
/// </summary>
internal sealed class ModelBooks
{
    // Nano-dollars for a million tokens, such that nothing comes out even.
    public const long InputPrice = 1_500_000_007, OutputPrice = 6_000_000_013;
    public const int MarginBasisPoints = 3000;

    /// <summary>The provider whose answers are cut off when their callers leave.</summary>
    public const string Cut = "left";

    private const int QuestionTokensMax = 100;

    // A start is on its way to the disk some milliseconds, on a busy machine.
    private static readonly TimeSpan s_overtakenMax = TimeSpan.FromMilliseconds(500);

    private readonly ILookup<string, Served> _served;
    private readonly ILookup<string, Booked> _booked;

    private ModelBooks(IEnumerable<Served> served, IEnumerable<Booked> booked) =>
        (_served, _booked) = (served.ToLookup(one => one.RequestId), booked.ToLookup(one => one.RequestId));

    public IEnumerable<Served> Answered => _served.SelectMany(one => one).Where(one => one.Status == 200);

    private IEnumerable<Served> Overtaken => Answered.Where(one => !_booked.Contains(one.RequestId));

    public IEnumerable<Booked> Rows => _booked.SelectMany(row => row);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static async Task<ModelBooks> ReadAsync(TestSandbox sandbox, Stack stack)
    {
        var record = await sandbox.Http.GetFromJsonAsync<JsonElement>("/models/record", Ct);
        Assert.Equal(0, record.GetProperty("dropped").GetInt64());
        var served = record.GetProperty("requests").EnumerateArray().Select(one => new Served(
            one.GetProperty("request").GetString()!, one.GetProperty("tenant").GetString() ?? "", one.GetProperty("place").GetString()!,
            one.GetProperty("status").GetInt32(),
            one.GetProperty("usage").GetProperty("input").GetInt64(), one.GetProperty("usage").GetProperty("output").GetInt64()));
        var rows = await stack.ReadAsync("""
            select concat_ws(' ', request_id, tenant_id, provider, input_units, output_units, wholesale_nanos, price_nanos, charged_nanos, estimated)
            from credits.usage
            """);
        return new(served, rows.Select(row => row.Split(' ')).Select(row => new Booked(row[0], row[1], row[2],
            Number(row[3]), Number(row[4]), Number(row[5]), Number(row[6]), Number(row[7]), row[8] == "t")));
    }

    public static long Wholesale(long input, long output) => Up(Millionths(input, output), 1_000_000);

    public static long Price(long input, long output) => Up(Millionths(input, output) * (10_000 + MarginBasisPoints), (Int128)1_000_000 * 10_000);

    /// <summary>Each request was answered by one provider, once, and has one row, but for those that a kill overtook.</summary>
    public void CheckOnce(IReadOnlyList<Question> asked, IReadOnlyList<DateTimeOffset> kills)
    {
        Assert.Empty(Answered.GroupBy(one => one.RequestId).Where(same => same.Count() > 1).Select(same => string.Join(" and ", same)));
        Assert.Empty(Answered.GroupBy(one => one.Tag).Where(same => same.Count() > 1).Select(same => string.Join(" and ", same)));
        Assert.Empty(_booked.Where(rows => rows.Count() > 1).Select(rows => string.Join(" and ", rows)));
        var questions = asked.ToDictionary(one => one.Tag);
        Assert.All(Overtaken, one =>
        {
            Assert.True(questions[one.Tag] is { Ending: Ending.Broken or Ending.Left, HadByte: false }, $"Of {one} something was got: {questions[one.Tag]}");
            var began = BeganAt(one.RequestId);
            Assert.True(kills.Any(kill => began <= kill && kill - began < s_overtakenMax), $"No kill overtook {one}.");
        });
        Assert.True(Overtaken.Count() * 100 < Answered.Count(), $"These are too many: {string.Join('\n', Overtaken)}");
    }

    /// <summary>What is not estimated is what the provider counted, to the nano-dollar, and paid in full.</summary>
    public void CheckExact() => Assert.All(Rows.Where(row => !row.IsEstimated), row =>
    {
        var served = Assert.Single(Of(row));
        Assert.Equal(row, row with
        {
            Provider = served.Provider,
            Input = served.Input,
            Output = served.Output,
            Wholesale = Wholesale(served.Input, served.Output),
            Price = Price(served.Input, served.Output),
            Charged = Price(served.Input, served.Output),
        });
    });

    /// <summary>
    /// What is estimated costs no more than the whole answer and our estimate of the question would have. Of one
    /// that a provider saw coming and then abandoned, or that was cut off before it saw it, no more than the question is
    /// charged: it went out, and nobody here can know how much of it arrived. Else, without a provider it costs nothing: its process died between writing it down and
    /// asking.
    /// </summary>
    public void CheckEstimated(IReadOnlyList<Question> asked)
    {
        var questions = asked.ToDictionary(one => one.Tag);
        Assert.All(Rows.Where(row => row.IsEstimated), row =>
        {
            if (_served[row.RequestId].SingleOrDefault(one => one.Status == 200 || one.IsAbandoned) is not { } served)
            {
                var mayHaveGone = row is { Provider: Cut, Output: 0, Input: < QuestionTokensMax };
                Assert.True(row.Price == 0 || mayHaveGone, $"Nobody served {row}, but {string.Join(" and ", _served[row.RequestId])}.");
                return;
            }
            if (served.IsAbandoned)
            {
                Assert.True(row.Output == 0 && row.Input < QuestionTokensMax, $"{row} is more than was asked.");
                return;
            }
            var question = questions[served.Tag];
            var most = Price(Math.Max(served.Input, question.BodyBytes / 4), (question.Expected.Length + 3) / 4);
            Assert.True(row.Charged <= row.Price && row.Price <= most, $"{row} is more than {most}, for {served}.");
        });
    }

    /// <summary>Who got all of an answer paid for all of it, before the end of it; who was refused paid nothing.</summary>
    public void CheckTold(IReadOnlyList<Question> asked)
    {
        Assert.DoesNotContain(asked, one => one.Ending != Ending.Refused && one.Fault is not null);
        Assert.DoesNotContain(asked, one => one.WasBooked is false);
        Assert.All(asked.Where(one => one.Ending == Ending.Whole), one =>
            Assert.False(Assert.Single(_booked[one.RequestId!]).IsEstimated, $"Only estimated: {one}"));
        Assert.All(asked.Where(one => one is { Ending: Ending.Refused, RequestId: not null }), one =>
            Assert.Equal(0, _booked[one.RequestId!].Sum(row => row.Price)));
    }

    public string Figures(IReadOnlyList<Question> asked)
    {
        var estimated = Rows.Where(row => row.IsEstimated).ToList();
        var started = asked.Select(one => one.RequestId).OfType<string>().Union(_served.Select(one => one.Key)).ToHashSet();
        var cost = estimated.Sum(row => Math.Max(0, Of(row).Sum(one => Wholesale(one.Input, one.Output)) - row.Charged))
            + Overtaken.Sum(one => Wholesale(one.Input, one.Output));
        var endings = string.Join(", ", asked.CountBy(one => one.Ending).OrderBy(one => one.Key).Select(one => $"{one.Value} {one.Key.ToString().ToLowerInvariant()}"));
        return $"{asked.Count} questions ({endings}), {Answered.Count()} answered by providers, {Rows.Count() - estimated.Count} exact, "
            + $"{estimated.Count} estimated ({estimated.Count(row => row.Price == 0)} of them at nothing), "
            + $"{started.Count(id => !_booked.Contains(id))} voided or refused, {Overtaken.Count()} overtaken by a kill before they were written, charged {Rows.Sum(row => row.Charged)} nano-dollars, "
            + $"operator's cost {cost} ({100.0 * cost / Answered.Sum(one => Wholesale(one.Input, one.Output)):0.00} % of wholesale), "
            + $"{asked.Count(one => one.WasBooked is not null)} looked up at their last byte";
    }

    // It stands in the id.
    private static DateTimeOffset BeganAt(string requestId) =>
        DateTimeOffset.FromUnixTimeMilliseconds(Convert.ToInt64(Guid.Parse(requestId).ToString("N")[..12], 16));

    private IEnumerable<Served> Of(Booked row) => _served[row.RequestId].Where(one => one.Status == 200);

    private static long Number(string text) => long.Parse(text, null);

    private static Int128 Millionths(long input, long output) => ((Int128)input * InputPrice) + ((Int128)output * OutputPrice);

    private static long Up(Int128 amount, Int128 unit) => (long)((amount + unit - 1) / unit);
}
