using System.Text.Json.Serialization;
using Wopr.Kernel;

namespace Wopr.TenantKeys;

/// <summary>What may be told about a stored key. The key itself is not in it.</summary>
internal sealed record TenantKey(
    Id<TenantKey> Id, string TenantId, string Provider, string Label, string Hint, DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt) : IHasId
{
    public static string IdPrefix => "key";

    private const int HintLength = 4;
    private const int HintedLengthMin = 16;

    /// <summary>The end of a long key; of a short one the end would tell too much.</summary>
    public static string HintOf(string key) => key.Length < HintedLengthMin ? "" : key[^HintLength..];
}

internal sealed record TenantKeyView(
    string Id,
    [property: JsonPropertyName("tenant_id")] string TenantId,
    string Provider,
    string Label,
    [property: JsonPropertyName("masked_key")] string MaskedKey,
    [property: JsonPropertyName("created_at")] DateTimeOffset CreatedAt,
    [property: JsonPropertyName("updated_at")] DateTimeOffset UpdatedAt)
{
    public static TenantKeyView From(TenantKey key) => new(
        key.Id.ToString(), key.TenantId, key.Provider, key.Label, $"...{key.Hint}", key.CreatedAt, key.UpdatedAt);
}
