using System.Text.Json.Nodes;

namespace Wopr.Sandbox.Stripe;

/// <summary>What Stripe says no with. <c>Kept</c>: the work had begun, so an idempotency key replays it.</summary>
internal sealed class StripeRefusal(int status, string type, string message) : Exception(message)
{
    public int Status { get; } = status;
    public string? Code { get; init; }
    public string? Param { get; init; }
    public bool Kept { get; init; }

    /// <summary>Further fields of the error, such as <c>decline_code</c>.</summary>
    public JsonObject More { get; init; } = [];

    public static StripeRefusal Invalid(string message, string? param = null, string? code = null) =>
        new(400, "invalid_request_error", message) { Param = param, Code = code };

    /// <summary>The request is well formed, but the thing is not in a state for it.</summary>
    public static StripeRefusal State(string message, string? code = null, string? param = null) =>
        new(400, "invalid_request_error", message) { Param = param, Code = code, Kept = true };

    public static StripeRefusal NoSuch(string noun, string id, string param, bool inBody = false) =>
        new(inBody ? 400 : 404, "invalid_request_error", $"No such {noun}: '{id}'") { Code = "resource_missing", Param = param };

    public static StripeRefusal Unauthorized(string message) => new(401, "invalid_request_error", message);

    public static StripeRefusal Idempotency(int status, string message, string? code = null) =>
        new(status, "idempotency_error", message) { Code = code };

    public JsonObject Body(string requestId, long now)
    {
        var error = More.DeepClone().AsObject();
        if (Code is not null)
        {
            error["code"] = Code;
            error["doc_url"] = $"https://stripe.com/docs/error-codes/{Code.Replace('_', '-')}";
        }
        error["message"] = Message;
        if (Param is not null) { error["param"] = Param; }
        error["request_log_url"] = $"https://dashboard.stripe.com/test/logs/{requestId}?t={now}";
        error["type"] = type;
        return new() { ["error"] = error };
    }
}
