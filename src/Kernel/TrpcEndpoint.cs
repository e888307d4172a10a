using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Wopr.Kernel;

/// <summary>
/// tRPC 11 over HTTP: GET with <c>?input=</c>, POST with the input as body, and comma-joined names with
/// <c>batch=1</c>. A batch answers in order, with the common status or 207 when they differ.
/// </summary>
internal static partial class TrpcEndpoint
{
    private const int CallsPerBatchMax = 50;

    public static async Task ServeAsync(HttpContext context)
    {
        var request = context.Request;
        if (HttpMethods.IsHead(request.Method))
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }

        var path = (string?)request.RouteValues["path"] ?? "";
        var batch = request.Query["batch"] == "1";
        string[] names = batch ? path.Split(',') : [path];
        var (input, refusal) = names.Length > CallsPerBatchMax
            ? (default, new Problem(ProblemKind.Invalid, "trpc.batch_too_large", $"A batch holds at most {CallsPerBatchMax} calls."))
            : await ReadInputAsync(context);

        var answers = new Answer[refusal is null ? names.Length : 1];
        for (var index = 0; index < answers.Length; index++)
        {
            answers[index] = refusal is null
                ? await CallAsync(context, names[index], batch ? Part(input, index) : input)
                : Answer.Refused(refusal, path: null);
        }

        var response = context.Response;
        response.StatusCode = answers.All(answer => answer.Status == answers[0].Status)
            ? answers[0].Status
            : StatusCodes.Status207MultiStatus;
        response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(response.BodyWriter);
        // One refusal for a whole batch stands alone; clients give it to each call.
        var isList = batch && refusal is null;
        if (isList) { json.WriteStartArray(); }
        foreach (var answer in answers) { answer.Write(json); }
        if (isList) { json.WriteEndArray(); }
        await json.FlushAsync(context.RequestAborted);
    }

    private static async Task<(JsonElement? Input, Problem? Refusal)> ReadInputAsync(HttpContext context)
    {
        var request = context.Request;
        try
        {
            if (HttpMethods.IsGet(request.Method))
            {
                return request.Query.TryGetValue("input", out var text)
                    ? (JsonElement.Parse(text.ToString()), null)
                    : (null, null);
            }
            if (request.ContentType is null)
            {
                // A mutation without input comes without a body and without a type.
                return request.ContentLength is null or 0
                    ? (null, null)
                    : (null, new(ProblemKind.UnsupportedMediaType, "request.unsupported_media_type", "Missing content-type header"));
            }
            if (!request.HasJsonContentType()) { return (null, Problems.NotJson); }
            if (request.ContentLength is 0) { return (null, null); }
            using var document = await JsonDocument.ParseAsync(request.Body, default, context.RequestAborted);
            return (document.RootElement.Clone(), null);
        }
        catch (JsonException error)
        {
            return (null, Problems.BadJson(error));
        }
        catch (BadHttpRequestException error)
        {
            return (null, ProblemHttp.FromBadRequest(error));
        }
    }

    private static JsonElement? Part(JsonElement? input, int index) =>
        input is { ValueKind: JsonValueKind.Object } all && all.TryGetProperty($"{index}", out var part) ? part : null;

    private static async Task<Answer> CallAsync(HttpContext context, string path, JsonElement? input)
    {
        var services = context.RequestServices;
        if (services.GetRequiredService<TrpcProcedures>().Find(path) is not { } procedure)
        {
            return Answer.Refused(
                new(ProblemKind.NotFound, "trpc.no_procedure", $"No procedure found on path \"{path}\""), path);
        }
        var isPost = HttpMethods.IsPost(context.Request.Method);
        if (isPost != procedure.IsMutation)
        {
            var (method, kind) = (context.Request.Method, procedure.IsMutation ? "mutation" : "query");
            return Answer.WrongMethod($"Unsupported {method}-request to {kind} procedure at path \"{path}\"", path);
        }
        if (procedure.Access.Refuse(context.Actor(), procedure.IsMutation) is { } refusal)
        {
            return Answer.Refused(refusal, path);
        }
        try
        {
            var typed = input is { ValueKind: not JsonValueKind.Null } given
                ? given.Deserialize(procedure.Input, TrpcProcedures.Json)
                : JsonElement.Parse("{}").Deserialize(procedure.Input, TrpcProcedures.Json);
            if (typed is null) { return Answer.Refused(Problems.BadRequest, path); }
            return (await procedure.Run(context, typed, context.RequestAborted)).Succeeded(out var value, out var problem)
                ? Answer.Ok(value, path)
                : problem is null ? Answer.Ok(null, path) : Answer.Refused(problem, path);
        }
        catch (JsonException error)
        {
            return Answer.BadInput(error, path);
        }
        catch (Exception error) when (Problems.Database(error) is { } gone)
        {
            return Answer.Refused(gone, path);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            Failed(services.GetRequiredService<ILoggerFactory>().CreateLogger("Wopr.Trpc"), path, error);
            return Answer.Fault(path);
        }
    }

    [LoggerMessage(LogLevel.Error, "The procedure {Path} failed")]
    private static partial void Failed(ILogger logger, string path, Exception error);
}
