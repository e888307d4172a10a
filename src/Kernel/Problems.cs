using System.Text.Json;
using Npgsql;

namespace Wopr.Kernel;

/// <summary>Refusals that belong to no module.</summary>
public static class Problems
{
    public static Problem AuthenticationRequired { get; } =
        new(ProblemKind.Unauthenticated, "auth.required", "Authentication required");

    public static Problem InvalidToken { get; } =
        new(ProblemKind.Unauthenticated, "auth.invalid_token", "Invalid or expired token");

    public static Problem AdminRequired { get; } =
        new(ProblemKind.Forbidden, "auth.admin_required", "Platform admin role required");

    public static Problem ForeignTenant { get; } =
        new(ProblemKind.Forbidden, "auth.foreign_tenant", "Not authorized for this tenant");

    public static Problem TenantRequired { get; } =
        new(ProblemKind.Invalid, "auth.tenant_required", "Tenant context required");

    public static Problem UserRequired { get; } =
        new(ProblemKind.Forbidden, "auth.user_required", "This needs a signed-in person, not a token.");

    public static Problem ReadOnlySession { get; } = new(ProblemKind.Forbidden, "auth.read_only",
        "You are looking through another person's eyes, and may change nothing. Stop it to act as yourself.");

    public static Problem Suspended { get; } = new(ProblemKind.Forbidden, "tenant.suspended",
        "This account is suspended: it can be read, not changed. Write to support to have it lifted.");

    public static Problem BadRequest { get; } =
        new(ProblemKind.Invalid, "request.invalid", "The request cannot be read. Check its path, query and body.");

    public static Problem BodyTooLarge { get; } =
        new(ProblemKind.TooLarge, "request.too_large", "The body is larger than this address accepts.");

    public static Problem NotJson { get; } = new(ProblemKind.UnsupportedMediaType, "request.unsupported_media_type",
        "Send the body as JSON, with the header Content-Type: application/json.");

    /// <summary>Says that the database went away; null when something else is wrong.</summary>
    public static Problem? Database(Exception error) => error is not NpgsqlException { IsTransient: true }
        ? null
        : new(ProblemKind.Unavailable, "database.unavailable", "The database does not answer. Try again in a moment.");

    public static Problem Scope(Scope required, Scope provided) => new(ProblemKind.Forbidden, "auth.insufficient_scope",
        $"This needs a token with {Sql.Name(required)} scope; yours has {Sql.Name(provided)}.");

    public static Problem Role(Role required) => new(ProblemKind.Forbidden, "auth.insufficient_role",
        $"This needs the role {Sql.Name(required)} or higher in the organisation.");

    // The parser's own message may quote the body, so only the place is told.
    public static Problem BadJson(JsonException error) => new(ProblemKind.Invalid, "request.bad_json",
        error.Path is { Length: > 1 } path
            ? $"The value at {path} is missing, unknown or of the wrong type."
            : "The body is not the JSON object that is expected here.");
}
