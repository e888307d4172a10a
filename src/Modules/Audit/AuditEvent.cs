namespace Wopr.Audit;

/// <summary>What happened, told so that it can be understood years later without the rows it speaks of.</summary>
/// <param name="Action">Dotted, most general part first: <c>auth.password_changed</c>.</param>
/// <param name="Target">What it was done to, by id: <c>user:4f…</c>.</param>
/// <param name="TenantId">Whose trail it belongs to; the actor's tenant when it is not given.</param>
/// <param name="Details">Never a secret.</param>
public sealed record AuditEvent(
    string Action,
    string Target,
    string? TenantId = null,
    IReadOnlyDictionary<string, string>? Details = null,
    string? IpAddress = null);
