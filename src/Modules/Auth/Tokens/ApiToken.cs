using System.Text.Json.Serialization;
using Wopr.Kernel;

namespace Wopr.Auth;

/// <summary>A tenant's key to the API. Its text is shown once; what stays is a hash and a hint.</summary>
/// <param name="Hint">The last characters, by which people tell their tokens apart.</param>
public sealed record ApiToken(
    Id<ApiToken> Id, string Name, [property: JsonConverter(typeof(SnakeCase<Scope>))] Scope Scope, string Hint,
    string CreatedBy, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, DateTimeOffset? LastUsedAt) : IHasId
{
    public static string IdPrefix => "tok";
}

/// <param name="Token">Shown now and never again.</param>
public sealed record NewApiToken(string Token, ApiToken Details);

/// <param name="ExpiresInDays">Without it the token lives until it is revoked.</param>
public sealed record ApiTokenRequest(
    string Name, [property: JsonConverter(typeof(SnakeCase<Scope>))] Scope Scope, int? ExpiresInDays = null);
