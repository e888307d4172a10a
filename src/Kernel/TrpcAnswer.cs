using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Wopr.Kernel;

/// <summary>One call's answer, in tRPC's envelope.</summary>
internal sealed record Answer(int Status, object? Value, TrpcError? Error, string? Path)
{
    public static Answer Ok(object? value, string path) => new(StatusCodes.Status200OK, value, null, path);

    public static Answer Refused(Problem problem, string? path)
    {
        var (name, number) = Names(problem.Kind);
        return new(problem.Kind.Status(), null, new(problem.Detail, number, name, problem.Code), path);
    }

    public static Answer WrongMethod(string message, string path) => new(StatusCodes.Status405MethodNotAllowed, null,
        new(message, -32005, "METHOD_NOT_SUPPORTED", "route.wrong_method"), path);

    public static Answer Fault(string path) => new(StatusCodes.Status500InternalServerError, null,
        new("Something broke on our side. Try again; if it stays, report the request id.", -32603,
            "INTERNAL_SERVER_ERROR", "server.fault"), path);

    /// <summary>The message is the list of issues as text, the way schema-validating servers send it.</summary>
    public static Answer BadInput(JsonException error, string path)
    {
        var place = (error.Path ?? "$").TrimStart('$').TrimStart('.');
        var issues = JsonSerializer.Serialize<object[]>(
            [new { code = "invalid_type", path = place.Length == 0 ? [] : place.Split('.'), message = Problems.BadJson(error).Detail }],
            s_indented);
        return new(StatusCodes.Status400BadRequest, null, new(issues, -32600, "BAD_REQUEST", "request.bad_json"), path);
    }

    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        if (Error is null)
        {
            json.WriteStartObject("result");
            if (Value is not null and not Done)
            {
                json.WritePropertyName("data");
                JsonSerializer.Serialize(json, Value, Value.GetType(), TrpcProcedures.Json);
            }
            json.WriteEndObject();
        }
        else
        {
            json.WriteStartObject("error");
            json.WriteString("message", Error.Message);
            json.WriteNumber("code", Error.Number);
            json.WriteStartObject("data");
            json.WriteString("code", Error.Name);
            json.WriteNumber("httpStatus", Status);
            if (Path is not null) { json.WriteString("path", Path); }
            json.WriteString("problem", Error.Code);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    private static (string Name, int Number) Names(ProblemKind kind) => kind switch
    {
        ProblemKind.Invalid => ("BAD_REQUEST", -32600),
        ProblemKind.Unauthenticated => ("UNAUTHORIZED", -32001),
        ProblemKind.PaymentRequired => ("PAYMENT_REQUIRED", -32002),
        ProblemKind.Forbidden => ("FORBIDDEN", -32003),
        ProblemKind.NotFound => ("NOT_FOUND", -32004),
        ProblemKind.Conflict => ("CONFLICT", -32009),
        ProblemKind.TooLarge => ("PAYLOAD_TOO_LARGE", -32013),
        ProblemKind.UnsupportedMediaType => ("UNSUPPORTED_MEDIA_TYPE", -32015),
        ProblemKind.Unprocessable => ("UNPROCESSABLE_CONTENT", -32022),
        ProblemKind.LimitReached => ("TOO_MANY_REQUESTS", -32029),
        ProblemKind.Unavailable => ("SERVICE_UNAVAILABLE", -32603),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "A problem kind without a tRPC name."),
    };
}

/// <param name="Number">The JSON-RPC number tRPC clients know.</param>
/// <param name="Name">tRPC's name of the error.</param>
/// <param name="Code">Our own stable code.</param>
internal sealed record TrpcError(string Message, int Number, string Name, string Code);
