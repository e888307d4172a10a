using System.Text.Json.Serialization;

namespace Wopr.Auth;

/// <summary>A person, in the shape the better-auth client knows.</summary>
public sealed record User(
    string Name, string Email, bool EmailVerified, string? Image, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt,
    bool TwoFactorEnabled, string Id)
{
    [JsonIgnore]
    public bool IsPlatformAdmin { get; init; }
}
