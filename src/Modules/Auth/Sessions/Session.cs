using System.Text.Json.Serialization;
using Wopr.Kernel;

namespace Wopr.Auth;

/// <summary>A signed-in browser. Its secret is stored hashed and is never shown again after sign-in.</summary>
public sealed record Session(
    Id<Session> Id, string UserId, DateTimeOffset ExpiresAt, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt,
    string? IpAddress, string? UserAgent, bool ShortLived, string? OperatorId = null) : IHasId
{
    public static string IdPrefix => "sess";

    public static readonly TimeSpan Life = TimeSpan.FromDays(7);
    public static readonly TimeSpan ShortLife = TimeSpan.FromDays(1);

    /// <summary>How long an operator may look through a person's eyes.</summary>
    public static readonly TimeSpan ImpersonationLife = TimeSpan.FromMinutes(30);

    /// <summary>A session in use is prolonged at most this often.</summary>
    public static readonly TimeSpan RenewEvery = TimeSpan.FromDays(1);

    internal bool IsDueForRenewal(DateTimeOffset now) => !ShortLived && now - UpdatedAt >= RenewEvery;
}

/// <param name="Token">A handle: it can revoke the session but never authenticates.</param>
/// <param name="ImpersonatedBy">The operator who looks through the person's eyes.</param>
public sealed record SessionView(
    [property: JsonConverter(typeof(JavaScriptTime))] DateTimeOffset ExpiresAt, string Token,
    [property: JsonConverter(typeof(JavaScriptTime))] DateTimeOffset CreatedAt,
    [property: JsonConverter(typeof(JavaScriptTime))] DateTimeOffset UpdatedAt,
    string IpAddress, string UserAgent, string UserId, string Id,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? ImpersonatedBy)
{
    internal static SessionView From(Session session) => new(
        session.ExpiresAt, session.Id.ToString(), session.CreatedAt, session.UpdatedAt, session.IpAddress ?? "",
        session.UserAgent ?? "", session.UserId, session.Id.ToString(), session.OperatorId);
}

/// <summary>A session and its secret, which only the cookie carries.</summary>
internal sealed record NewSession(Session Session, string Secret, User User);

/// <summary>Whose request this is, as far as a session cookie tells.</summary>
internal sealed record Signed(Session Session, User User, bool IsSuspended);
