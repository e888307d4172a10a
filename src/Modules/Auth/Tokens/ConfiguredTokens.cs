using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;
using Wopr.Kernel;

namespace Wopr.Auth;

/// <summary>The bearer tokens of the operator's own tools, from the configuration.</summary>
internal sealed partial class ConfiguredTokens
{
    // Found by hash, so that the time a look-up takes tells nothing about the tokens.
    private readonly Dictionary<string, Actor> _holders = new(StringComparer.Ordinal);

    public ConfiguredTokens(AuthOptions options)
    {
        Add(options.AdminToken, Scope.Admin, "admin");
        Add(options.FleetToken, ScopeOf(options.FleetToken) ?? Scope.Admin, "fleet");
        Add(options.FleetReadToken, Scope.Read, "fleet-read");
        Add(options.FleetWriteToken, Scope.Write, "fleet-write");
        Add(options.FleetAdminToken, Scope.Admin, "fleet-admin");
        // A token that is bound to a tenant never acts for more, even when it stands elsewhere too.
        foreach (var (tenant, text) in options.TenantTokens)
        {
            if (!TryParse(tenant, text, out var scope, out var token)) { continue; }
            _holders[Key(token)] = new(ActorKind.Token, $"fleet-{tenant}")
            {
                TenantId = tenant,
                Scope = scope,
                Role = RoleOf(scope),
            };
        }
    }

    public Actor? Find(string token) => _holders.GetValueOrDefault(Key(token));

    /// <summary>The most a token of this scope may be in its tenant.</summary>
    public static Role RoleOf(Scope scope) => scope switch
    {
        Scope.Read => Role.Viewer,
        Scope.Write => Role.Member,
        _ => Role.Owner,
    };

    /// <summary>The scope that a token of the form <c>wopr_write_…</c> names.</summary>
    public static Scope? ScopeOf(string? token) =>
        token?.Split('_', 3) is ["wopr", var name, { Length: > 0 }] && SnakeCase<Scope>.TryParse(name, out var scope) ? scope : null;

    /// <summary>Reads <c>scope:token</c>.</summary>
    public static bool TryParse(string tenant, string text, out Scope scope, [NotNullWhen(true)] out string? token)
    {
        token = text.Split(':', 2) is [_, { Length: > 0 } rest] ? rest : null;
        return SnakeCase<Scope>.TryParse(text.Split(':', 2)[0], out scope) && token is not null && TenantName().IsMatch(tenant);
    }

    private void Add(string? token, Scope scope, string name)
    {
        if (string.IsNullOrEmpty(token)) { return; }
        _holders[Key(token)] = new(ActorKind.Token, name) { Scope = scope, IsPlatformAdmin = scope == Scope.Admin };
    }

    private static string Key(string token) => Convert.ToHexString(Token.Hash(token));

    [GeneratedRegex(@"\A[A-Za-z0-9]{1,40}\z")]
    private static partial Regex TenantName();
}
