using Microsoft.AspNetCore.Mvc;

namespace Wopr.Audit;

/// <summary>
/// What to look for. A tenant's own search sets <see cref="Tenant"/> from the caller, never from the
/// query.
/// </summary>
internal sealed record AuditFilter(
    string? Tenant, string? ActorKind, string? ActorId, string? Action, string? ActionPrefix, string? Target,
    DateTimeOffset? From, DateTimeOffset? To)
{
    private static readonly string[] s_kinds = ["anonymous", "user", "token", "bot", "node", "system"];

    public static AuditFilter Of(AuditQuery query, string? tenant)
    {
        var actor = Text(query.Actor);
        var action = Text(query.Action);
        var kind = actor is null ? null : s_kinds.FirstOrDefault(name => actor.StartsWith($"{name}:", StringComparison.Ordinal));
        var prefix = action is not null && action.EndsWith(".*", StringComparison.Ordinal) ? action[..^1] : null;
        return new(tenant, kind, kind is null ? actor : actor![(kind.Length + 1)..], prefix is null ? action : null, prefix,
            Text(query.Target), query.From, query.To);
    }

    // PostgreSQL keeps no null characters, so such a text matches nothing.
    private static string? Text(string? text) => string.IsNullOrEmpty(text) ? null : text.Replace('\0', '\uFFFD');
}

/// <param name="Actor">An id, or kind and id: <c>user:4f…</c>.</param>
/// <param name="Action">The whole action, or its general part: <c>auth.*</c>.</param>
internal sealed record AuditQuery(
    [FromQuery] string? Actor, [FromQuery] string? Action, [FromQuery] string? Target, [FromQuery] string? Tenant,
    [FromQuery] DateTimeOffset? From, [FromQuery] DateTimeOffset? To, [FromQuery] string? Cursor, [FromQuery] int? Limit);
