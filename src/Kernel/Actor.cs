namespace Wopr.Kernel;

public enum ActorKind { Anonymous, User, Token, Bot, Node, System }

/// <summary>Rights in an organisation, each including those before it.</summary>
public enum Role { Viewer, Member, Admin, Owner }

/// <summary>What a token may do, each including those before it.</summary>
public enum Scope { Read, Write, Admin }

/// <summary>Who asks. Every verb takes one; the tenant always comes from here, never from a payload.</summary>
public sealed record Actor(ActorKind Kind, string Id)
{
    public static Actor Anonymous { get; } = new(ActorKind.Anonymous, "anonymous");
    public static Actor System { get; } = new(ActorKind.System, "system") { IsPlatformAdmin = true, Scope = Scope.Admin };

    public string? TenantId { get; init; }
    public string? UserId { get; init; }

    /// <summary>The role in <see cref="TenantId"/>; the personal tenant's own user is its owner.</summary>
    public Role Role { get; init; } = Role.Viewer;

    public Scope Scope { get; init; } = Scope.Read;
    public bool IsPlatformAdmin { get; init; }
    public string? SessionId { get; init; }

    /// <summary>Where the request came from, for the record.</summary>
    public string? IpAddress { get; init; }

    /// <summary>The tenant may look but not touch.</summary>
    public bool IsSuspended { get; init; }

    /// <summary>Set when the credentials that came are not to be used; the refusal says why.</summary>
    public Problem? Refusal { get; init; }

    public bool IsKnown => Kind != ActorKind.Anonymous;

    public override string ToString() => $"{Sql.Name(Kind)}:{Id}";
}
