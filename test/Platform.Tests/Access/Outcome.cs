using System.Net;
using System.Text.Json;

namespace Wopr.Platform.Tests;

/// <summary>What a caller was told, and what came of it.</summary>
public sealed record Outcome(
    RouteCall Call, Principal Principal, HttpStatusCode Status, string Text, bool ChangedAnything, bool ChangedVictim)
{
    public bool IsRefused => Decision is "401" or "403" or "404";

    /// <summary>A refusal, <c>ok</c>, or <c>in</c> for who got past access and was refused for something else.</summary>
    public string Decision => (int)Status switch
    {
        401 or 403 or 404 => $"{(int)Status}",
        < 400 => "ok",
        _ => "in",
    };

    /// <summary>The code of a refusal, in REST's problem or in tRPC's envelope.</summary>
    public string? Code
    {
        get
        {
            if (Status < HttpStatusCode.BadRequest) { return null; }
            var problem = JsonElement.Parse(Text);
            return problem.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object
                ? error.GetProperty("data").GetProperty("problem").GetString()
                : problem.GetProperty("code").GetString();
        }
    }

    public override string ToString() => $"{Principal.Name}: {Call.Name} {(int)Status} {Text}";
}
