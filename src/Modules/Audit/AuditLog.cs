using System.Text.Encodings.Web;
using System.Text.Json;
using Wopr.Kernel;

namespace Wopr.Audit;

/// <summary>
/// Records who did what, in the transaction that does it: both happen or neither. Writing is one insert that waits
/// for no other writer; the hash chain is made later by one job.
/// </summary>
public sealed class AuditLog
{
    private const int NameLengthMax = 200;
    private const int TextLengthMax = 2000;

    private static readonly JsonSerializerOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

#pragma warning disable CA1822 // An instance, so that whoever writes here says so in its constructor.
    public async Task WriteAsync(Db tx, Actor actor, AuditEvent what, CancellationToken ct)
#pragma warning restore CA1822
    {
        var details = Json(what.Details);
        await tx.ExecuteAsync($"""
            insert into audit.event (actor_kind, actor_id, user_id, tenant_id, action, target, details, ip_address)
            values ({actor.Kind}, {Clean(actor.Id, NameLengthMax)}, {Clean(actor.UserId, NameLengthMax)}::text,
                    {Clean(what.TenantId ?? actor.TenantId, NameLengthMax)}::text, {Clean(what.Action, NameLengthMax)},
                    {Clean(what.Target, TextLengthMax)}, {details}::json, {Clean(what.IpAddress ?? actor.IpAddress, NameLengthMax)}::text)
            """, ct);
    }

    // Sorted, so that the same details are always the same text.
    private static string? Json(IReadOnlyDictionary<string, string>? details)
    {
        if (details is not { Count: > 0 }) { return null; }
        SortedDictionary<string, string?> sorted = new(StringComparer.Ordinal);
        foreach (var (name, value) in details) { sorted[Clean(name, NameLengthMax)!] = Clean(value, TextLengthMax); }
        return JsonSerializer.Serialize(sorted, s_json);
    }

    /// <summary>Text that PostgreSQL can keep: an odd character in a name must not undo what was done.</summary>
    internal static string? Clean(string? text, int lengthMax)
    {
        if (text is null) { return null; }
        var cut = text.Length <= lengthMax ? text : text[..lengthMax];
        return string.Concat(cut.EnumerateRunes().Select(rune => rune.Value == 0 ? "\uFFFD" : rune.ToString()));
    }
}
