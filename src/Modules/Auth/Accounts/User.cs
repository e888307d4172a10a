using System.Text.Json.Serialization;
using Wopr.Kernel;

namespace Wopr.Auth;

/// <summary>A person, in the shape the better-auth client knows.</summary>
public sealed record User(
    string Name, string Email, bool EmailVerified, string? Image,
    [property: JsonConverter(typeof(JavaScriptTime))] DateTimeOffset CreatedAt,
    [property: JsonConverter(typeof(JavaScriptTime))] DateTimeOffset UpdatedAt,
    bool TwoFactorEnabled, string Id)
{
    [JsonIgnore]
    public bool IsPlatformAdmin { get; init; }

    /// <summary>Told of operators only, so that the dashboard shows them their pages.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Role => IsPlatformAdmin ? "platform_admin" : null;

    /// <summary>The person as who acts, before there is a session that says so.</summary>
    internal Actor AsActor(Origin origin) => new(ActorKind.User, Id)
    {
        UserId = Id,
        TenantId = Id,
        Role = Kernel.Role.Owner,
        Scope = Scope.Write,
        IpAddress = origin.IpAddress,
    };
}
