namespace Wopr.Sandbox.Models;

/// <summary>
/// Providers of models: OpenAI's and Anthropic's API under <c>/models/openai</c> and <c>/models/anthropic</c>, and the
/// same once more under <c>/models/PLACE/openai</c> for as many providers as a test wants.
/// </summary>
internal static class ModelsFake
{
    private static readonly string[] s_openAiPaths =
        ["v1/chat/completions", "v1/completions", "v1/embeddings", "v1/responses", "v1/models"];
    private static readonly string[] s_anthropicPaths = ["v1/messages", "v1/messages/count_tokens", "v1/models"];

    public static void MapModels(this WebApplication app)
    {
        var time = app.Services.GetRequiredService<TimeProvider>();
        var (behaviours, log) = (new Behaviours(), new ServedLog(time));
        var openAi = new Serving(Api.OpenAi, behaviours, log, time);
        var anthropic = new Serving(Api.Anthropic, behaviours, log, time);

        Map(app, "openai/v1/chat/completions", openAi, new ChatWire());
        Map(app, "openai/v1/completions", openAi, new CompletionsWire());
        Map(app, "openai/v1/embeddings", openAi, new EmbeddingsWire());
        Map(app, "openai/v1/responses", openAi, new ResponsesWire());
        Map(app, "anthropic/v1/messages", anthropic, new MessagesWire());
        Map(app, "anthropic/v1/messages/count_tokens", anthropic, new CountTokensWire());
        MapRest(app, "openai", openAi, s_openAiPaths);
        MapRest(app, "anthropic", anthropic, s_anthropicPaths);
        new ModelControls(behaviours, log, time).Map(app);
    }

    private static void Map(WebApplication app, string path, Serving serving, Wire wire)
    {
        app.MapPost($"/models/{path}", context => serving.ServeAsync(context, wire));
        app.MapPost($"/models/{{place}}/{path}", context => serving.ServeAsync(context, wire));
    }

    private static void MapRest(WebApplication app, string api, Serving serving, string[] paths)
    {
        foreach (var prefix in (string[])[$"/models/{api}", $"/models/{{place}}/{api}"])
        {
            app.MapGet($"{prefix}/v1/models", serving.ListAsync);
            app.MapGet($"{prefix}/v1/models/{{**id}}", serving.ShowAsync);
            app.Map($"{prefix}/{{**rest}}", context => serving.UnknownAsync(context, paths));
        }
    }
}
