using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Wopr.Kernel;

namespace Wopr.Platform.Tests;

/// <summary>A route or a procedure, and a request that would do what it is for to the victim's things.</summary>
public sealed record RouteCall(HttpMethod Method, string Pattern, Access Access, string Path, string? Body)
{
    public string Name => $"{Method} {Pattern}";

    public bool Writes => Method != HttpMethod.Get && Method != HttpMethod.Head;

    public bool Names(IEnumerable<string> ids) =>
        ids.Any(id => Path.Contains(id, StringComparison.Ordinal) || Body?.Contains(id, StringComparison.Ordinal) == true);
}

/// <summary>Every call there is, read from the running platform.</summary>
public sealed partial class Calls(Victim victim)
{
    public IReadOnlyList<RouteCall> Of(IServiceProvider services)
    {
        var routes =
            from endpoint in services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"]
            let pattern = $"/{endpoint.RoutePattern.RawText!.Trim('/')}"
            select Route(HttpMethod.Parse(method), pattern, endpoint.Metadata.GetMetadata<Access>()!);
        var procedures = services.GetRequiredService<TrpcProcedures>().All.Select(Procedure);
        return [.. routes.Concat(procedures).OrderBy(call => call.Pattern, StringComparer.Ordinal)
            .ThenBy(call => call.Method.Method, StringComparer.Ordinal)];
    }

    private RouteCall Route(HttpMethod method, string pattern, Access access)
    {
        var path = Hole().Replace(pattern, hole => victim.Parameter(pattern, hole.Groups["name"].Value));
        var call = new RouteCall(method, pattern, access, path + victim.Query(pattern), null);
        return call.Writes
            ? call with { Body = JsonSerializer.Serialize(victim.Body($"{method} {pattern}") ?? new { }) }
            : call;
    }

    private RouteCall Procedure(TrpcProcedure procedure)
    {
        var input = JsonSerializer.Serialize(victim.Body(procedure.Path) ?? new { });
        var pattern = $"/trpc/{procedure.Path}";
        return procedure.IsMutation
            ? new(HttpMethod.Post, pattern, procedure.Access, pattern, input)
            : new(HttpMethod.Get, pattern, procedure.Access, $"{pattern}?input={Uri.EscapeDataString(input)}", null);
    }

    [GeneratedRegex(@"\{\**(?<name>\w+)[^}]*\}")]
    private static partial Regex Hole();
}
