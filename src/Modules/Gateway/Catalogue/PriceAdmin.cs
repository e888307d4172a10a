using System.Globalization;
using Npgsql;
using Wopr.Audit;
using Wopr.Kernel;

namespace Wopr.Gateway.Catalogue;

/// <summary>What operators do with prices: they add new ones, and never change what was in force.</summary>
internal sealed class PriceAdmin(Db db, AuditLog audit, TimeProvider time)
{
    public const long PerMillionMax = 1_000_000_000_000_000;
    public const long PerRequestMax = 1_000_000_000_000;
    public const int MarginMax = 100_000;
    public const int MarginStandard = 3000;

    /// <summary>The newest first, those to come before them.</summary>
    public Task<List<PriceRow>> ListAsync(string model, Paging<long> paging, CancellationToken ct) => db.QueryAsync($"""
        select id, model, provider, effective_from, created_at, input_per_million, cached_input_per_million, cache_write_per_million,
               output_per_million, per_request, margin_basis_points
        from gateway.price
        where ({model} = '' or model = {model}) and id < {(paging.IsFirst ? long.MaxValue : paging.After)}
        order by id desc
        limit {paging.Fetch}
        """, Read, ct);

    public async Task<Result<PriceEntryView>> AddAsync(Actor actor, AddPrice wanted, CancellationToken ct)
    {
        Price price = new(wanted.InputPerMillion, wanted.CachedInputPerMillion ?? wanted.InputPerMillion,
            wanted.CacheWritePerMillion ?? wanted.InputPerMillion, wanted.OutputPerMillion, wanted.PerRequest, wanted.MarginBasisPoints);
        if (!Fits(price)) { return CatalogueProblems.BadPrice; }
        var from = wanted.EffectiveFrom?.ToUniversalTime();
        if (from <= time.GetUtcNow()) { return CatalogueProblems.PastPrice; }
        return await db.TransactAsync<Result<PriceEntryView>>(async tx =>
        {
            var known = await tx.ValueAsync<bool>(
                $"select exists (select from gateway.offer where model = {wanted.Model} and provider = {wanted.Provider})", ct);
            if (!known) { return CatalogueProblems.UnknownOffer; }
            var row = await InsertAsync(tx, wanted.Model, wanted.Provider, from, price, ct);
            await audit.WriteAsync(tx, actor, new("gateway.price_added", $"model:{wanted.Model}", Details: Details(row)), ct);
            return PriceEntryView.From(row);
        }, ct);
    }

    public async Task<MarginReport> MarginsAsync(CancellationToken ct) =>
        new([.. (await CatalogueSql.OffersAsync(db, ct)).Where(row => row.Enabled && row.Price is not null).Select(MarginOf)]);

    public static bool Fits(Price price) =>
        price.InputPerMillion is >= 0 and <= PerMillionMax && price.CachedInputPerMillion is >= 0 and <= PerMillionMax
        && price.CacheWritePerMillion is >= 0 and <= PerMillionMax && price.OutputPerMillion is >= 0 and <= PerMillionMax
        && price.PerRequest is >= 0 and <= PerRequestMax && price.MarginBasisPoints is >= 0 and <= MarginMax;

    /// <param name="from">At once when it is null.</param>
    public static async Task<PriceRow> InsertAsync(
        Db tx, string model, string provider, DateTimeOffset? from, Price price, CancellationToken ct) => (await tx.FirstAsync($"""
            insert into gateway.price (model, provider, effective_from, input_per_million, cached_input_per_million,
                                       cache_write_per_million, output_per_million, per_request, margin_basis_points)
            values ({model}, {provider}, coalesce({from}::timestamptz, now()), {price.InputPerMillion}, {price.CachedInputPerMillion},
                    {price.CacheWritePerMillion}, {price.OutputPerMillion}, {price.PerRequest}, {price.MarginBasisPoints})
            returning id, model, provider, effective_from, created_at, input_per_million, cached_input_per_million,
                      cache_write_per_million, output_per_million, per_request, margin_basis_points
            """, Read, ct))!;

    // What a whole million costs, by the same arithmetic that charges for requests.
    private static MarginView MarginOf(OfferRow row)
    {
        var price = row.Price!;
        var tokens = price with { PerRequest = 0 };
        var input = tokens.Of(new(1_000_000, 0, 0, 0));
        var output = tokens.Of(new(0, 0, 0, 1_000_000));
        var request = price.Of(default);
        return new(row.Model, row.Provider, price.MarginBasisPoints, input.Wholesale.Nanos, input.Price.Nanos,
            output.Wholesale.Nanos, output.Price.Nanos, request.Wholesale.Nanos, request.Price.Nanos);
    }

    private static Dictionary<string, string> Details(PriceRow row) => new()
    {
        ["provider"] = row.Provider,
        ["effectiveFrom"] = row.EffectiveFrom.ToString("O", CultureInfo.InvariantCulture),
        ["price"] = string.Create(CultureInfo.InvariantCulture,
            $"{row.Price.InputPerMillion}/{row.Price.CachedInputPerMillion}/{row.Price.CacheWritePerMillion}/{row.Price.OutputPerMillion}"),
        ["perRequest"] = row.Price.PerRequest.ToString(CultureInfo.InvariantCulture),
        ["marginBasisPoints"] = row.Price.MarginBasisPoints.ToString(CultureInfo.InvariantCulture),
    };

    private static PriceRow Read(NpgsqlDataReader row) => new(
        row.GetInt64(0), row.GetString(1), row.GetString(2), row.GetFieldValue<DateTimeOffset>(3), row.GetFieldValue<DateTimeOffset>(4),
        new(row.GetInt64(5), row.GetInt64(6), row.GetInt64(7), row.GetInt64(8), row.GetInt64(9), row.GetInt32(10)));
}
