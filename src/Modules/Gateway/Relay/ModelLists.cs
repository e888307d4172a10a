using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Wopr.Gateway.Catalogue;
using Wopr.Gateway.Keys;
using Wopr.Gateway.Protocols;
using Wopr.Kernel;

namespace Wopr.Gateway.Relay;

/// <summary>The models a key may use, as clients of either protocol list them.</summary>
internal sealed class ModelLists(Admission admission, ModelCatalogue catalogue)
{
    private static readonly DateTimeOffset s_created = new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public Task ListAsync(HttpContext context, WireFormat format) => RunAsync(context, key =>
    {
        var models = catalogue.Models.Where(model => MayUse(key, model)).ToList();
        return IsAnthropic(context, format)
            ? new
            {
                data = models.Select(Anthropic),
                has_more = false,
                first_id = models.FirstOrDefault()?.Id,
                last_id = models.LastOrDefault()?.Id,
            }
            : new { @object = "list", data = models.Select(Openai) };
    });

    public Task ShowAsync(HttpContext context, WireFormat format) => RunAsync(context, key =>
    {
        // Official clients write the slash in a model's name as %2F, which routing leaves alone.
        var id = Uri.UnescapeDataString(context.GetRouteValue("id") as string ?? "");
        if (catalogue.Find(id) is not { } model || !MayUse(key, model)) { return GatewayProblems.NoSuchModel(id); }
        return IsAnthropic(context, format) ? Anthropic(model) : Openai(model);
    });

    public Task NowhereAsync(HttpContext context) => RunAsync(context, _ => GatewayProblems.Nowhere);

    private async Task RunAsync(HttpContext context, Func<GatewayKey, object> answer)
    {
        try
        {
            if (!(await admission.KeyAsync(context)).Succeeded(out var key, out var problem)) { await Admission.TellAsync(context, problem); }
            else if (answer(key) is var body && body is Problem refusal) { await Admission.TellAsync(context, refusal); }
            else { await context.Response.WriteAsJsonAsync(body, context.RequestAborted); }
        }
        catch (Exception error) when (!context.Response.HasStarted && Problems.Database(error) is { } away)
        {
            await Admission.TellAsync(context, away);
        }
    }

    /// <summary>Both protocols list at one address; only Anthropic's clients say which version they speak.</summary>
    public static bool IsAnthropic(HttpContext context, WireFormat format) =>
        format == WireFormat.Messages || context.Request.Headers.ContainsKey("anthropic-version");

    private static bool MayUse(GatewayKey key, ModelEntry model) => key.Models.Count == 0 || key.Models.Contains(model.Id);

    private static object Openai(ModelEntry model) => new
    {
        id = model.Id,
        @object = "model",
        created = s_created.ToUnixTimeSeconds(),
        owned_by = model.OwnedBy,
        capability = model.Capability,
        context_length = model.ContextTokens,
    };

    private static object Anthropic(ModelEntry model) => new { type = "model", id = model.Id, display_name = model.Id, created_at = s_created };
}
