using Microsoft.AspNetCore.Http;
using Wopr.Gateway.Catalogue;
using Wopr.Gateway.Keys;
using Wopr.Gateway.Protocols;
using Wopr.Kernel;

namespace Wopr.Gateway.Relay;

/// <summary>Who asks, and for what: everything that is decided before money is.</summary>
internal sealed class Admission(KeyRing keys, ModelCatalogue catalogue, Closed closed)
{
    public async ValueTask<Result<GatewayKey>> KeyAsync(HttpContext context)
    {
        if (closed.Why() is { } why) { return why; }
        if (!Secret(context.Request.Headers).Succeeded(out var secret, out var problem)) { return problem; }
        if (await keys.FindAsync(secret, context.RequestAborted) is not { } key) { return GatewayProblems.UnknownKey; }
        return key.IsSuspended ? GatewayProblems.Suspended : key;
    }

    public Result<ModelEntry> Model(GatewayKey key, string name, WireFormat format)
    {
        var wanted = format switch
        {
            WireFormat.Embeddings => Capabilities.Embeddings,
            WireFormat.Completions => Capabilities.Text,
            _ => Capabilities.Chat,
        };
        if (catalogue.Find(name) is not { } model || !Fits(model.Capability, wanted)) { return GatewayProblems.NoSuchModel(name); }
        return key.Models.Count == 0 || key.Models.Contains(model.Id) ? model : GatewayProblems.ModelNotAllowed(model.Id);
    }

    /// <summary>In the words of the caller's protocol; nothing when there is nothing to tell, or nobody.</summary>
    public static Task TellAsync(HttpContext context, Problem? problem) =>
        problem is null || context.RequestAborted.IsCancellationRequested ? Task.CompletedTask : ProblemHttp.WriteAsync(context, problem);

    // Chat models also finish texts.
    private static bool Fits(string capability, string wanted) =>
        capability == wanted || (wanted == Capabilities.Text && capability == Capabilities.Chat);

    private static Result<string> Secret(IHeaderDictionary headers)
    {
        if (headers.TryGetValue("x-api-key", out var own) && own.Count == 1 && own[0] is { Length: > 0 } key) { return key; }
        var bearer = headers.Authorization.ToString();
        if (bearer.Length == 0) { return GatewayProblems.NoKey; }
        if (!bearer.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)) { return GatewayProblems.BadKeyFormat; }
        return bearer[7..].Trim() is { Length: > 0 } token ? token : GatewayProblems.NoKey;
    }
}

/// <summary>Why nobody is served right now; null when everybody is.</summary>
internal sealed record Closed(Func<Problem?> Why);

internal static class Capabilities
{
    public const string Chat = "chat-completions";
    public const string Text = "text-completions";
    public const string Embeddings = "embeddings";
}
