namespace Wopr.Fleet;

/// <summary>What may be said of a bot; what is left out stays as it is, or is the default.</summary>
/// <param name="VolumeName">Known for the contract's sake. A bot's data is always kept under its own name.</param>
internal sealed record BotFields(
    string? Name = null, string? Description = null, string? Image = null, Dictionary<string, string>? Env = null,
    string? RestartPolicy = null, string? VolumeName = null, string? ReleaseChannel = null, string? UpdatePolicy = null,
    Discovery? Discovery = null, string? Model = null, string? TimeZone = null, string? Avatar = null)
{
    private static readonly BotFields s_none = new();

    internal bool AreNone => this == s_none;
}

/// <param name="TenantId">Whose, when a tool of the operator's asks; else the caller's own or nothing.</param>
internal sealed record CreateBot(
    string Name, string Image, string? Description = null, Dictionary<string, string>? Env = null, string? RestartPolicy = null,
    string? VolumeName = null, string? ReleaseChannel = null, string? UpdatePolicy = null, Discovery? Discovery = null,
    string? Model = null, string? TimeZone = null, string? ResourceTier = null, string? StorageTier = null, string? TenantId = null)
{
    public BotFields Fields() => new(
        Name, Description, Image, Env, RestartPolicy, VolumeName, ReleaseChannel, UpdatePolicy, Discovery, Model, TimeZone);
}

internal sealed record UpdateBot(
    string Id, string? Name = null, string? Description = null, string? Image = null, Dictionary<string, string>? Env = null,
    string? RestartPolicy = null, string? VolumeName = null, string? ReleaseChannel = null, string? UpdatePolicy = null,
    Discovery? Discovery = null, string? Model = null, string? TimeZone = null, string? Avatar = null)
{
    public BotFields Fields() => new(
        Name, Description, Image, Env, RestartPolicy, VolumeName, ReleaseChannel, UpdatePolicy, Discovery, Model, TimeZone, Avatar);
}

internal sealed record OneBot(string Id);

internal sealed record ControlBot(string Id, string Action);

internal sealed record TailBot(string Id, int? Tail = null);

internal sealed record SetTier(string Id, string Tier);

internal sealed record Identity(string Name, string? Avatar = null, string? Personality = null)
{
    public BotFields Fields() => new(Name, Description: Personality, Avatar: Avatar);
}

internal sealed record SetIdentity(string Id, string Name, string? Avatar = null, string? Personality = null)
{
    public BotFields Fields() => new Identity(Name, Avatar, Personality).Fields();
}
