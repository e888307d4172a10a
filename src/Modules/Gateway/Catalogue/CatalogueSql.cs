using Npgsql;
using Wopr.Kernel;

namespace Wopr.Gateway.Catalogue;

internal static class CatalogueSql
{
    /// <summary>Each list is one moment's; what they disagree in is told by the next notification.</summary>
    public static async Task<CatalogueRows> ReadAsync(Db db, CancellationToken ct)
    {
        var next = await db.ValueAsync<TimeSpan?>(
            $"select min(effective_from) - now() from gateway.price where effective_from > now()", ct);
        return new(await ProvidersAsync(db, ct), await ModelsAsync(db, ct), await AliasesAsync(db, ct), await OffersAsync(db, ct), next);
    }

    public static Task<List<ProviderRow>> ProvidersAsync(Db db, CancellationToken ct) => db.QueryAsync($"""
        select id, dialect, base_url, sealed, enabled, on_disconnect, connect_ms, first_byte_ms, idle_ms, total_ms,
               speaks_responses, is_own
        from gateway.provider
        order by id
        """, ReadProvider, ct);

    public static Task<ProviderRow?> LockProviderAsync(Db tx, string id, CancellationToken ct) => tx.FirstAsync($"""
        select id, dialect, base_url, sealed, enabled, on_disconnect, connect_ms, first_byte_ms, idle_ms, total_ms,
               speaks_responses, is_own
        from gateway.provider
        where id = {id}
        for update
        """, ReadProvider, ct);

    public static Task<List<ModelRow>> ModelsAsync(Db db, CancellationToken ct) => db.QueryAsync($"""
        select id, owned_by, capability, context_tokens, output_tokens_max, enabled
        from gateway.model
        order by id
        """, row => new ModelRow(row.GetString(0), row.GetString(1), row.GetString(2), row.GetInt64(3), row.GetInt64(4),
            row.GetBoolean(5)), ct);

    public static Task<List<AliasRow>> AliasesAsync(Db db, CancellationToken ct) => db.QueryAsync(
        $"select alias, model from gateway.alias order by alias", row => new AliasRow(row.GetString(0), row.GetString(1)), ct);

    public static Task<List<OfferRow>> OffersAsync(Db db, CancellationToken ct) => db.QueryAsync($"""
        select o.model, o.provider, o.upstream_model, o.enabled, p.input_per_million, p.cached_input_per_million,
               p.cache_write_per_million, p.output_per_million, p.per_request, p.margin_basis_points
        from gateway.offer o
        left join lateral (
            select input_per_million, cached_input_per_million, cache_write_per_million, output_per_million, per_request,
                   margin_basis_points
            from gateway.price
            where model = o.model and provider = o.provider and effective_from <= now()
            order by effective_from desc, id desc
            limit 1) p on true
        order by o.model, o.provider
        """, ReadOffer, ct);

    private static ProviderRow ReadProvider(NpgsqlDataReader row) => new(
        row.GetString(0),
        row.IsDBNull(1) ? null : SnakeCase<Dialect>.Parse(row.GetString(1)),
        Text(row, 2),
        row.IsDBNull(3) ? null : row.GetFieldValue<byte[]>(3),
        row.GetBoolean(4),
        row.IsDBNull(5) ? null : SnakeCase<OnDisconnect>.Parse(row.GetString(5)),
        new(Number(row, 6), Number(row, 7), Number(row, 8), Number(row, 9)),
        row.GetBoolean(10), row.GetBoolean(11));

    private static OfferRow ReadOffer(NpgsqlDataReader row) => new(
        row.GetString(0), row.GetString(1), row.GetString(2), row.GetBoolean(3),
        row.IsDBNull(4) ? null : new(row.GetInt64(4), row.GetInt64(5), row.GetInt64(6), row.GetInt64(7), row.GetInt64(8), row.GetInt32(9)));

    private static string? Text(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private static int? Number(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetInt32(column);
}
