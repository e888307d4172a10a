using System.Text.Json;

namespace Wopr.Sandbox.Models;

/// <summary>A refusal in each provider's own shape.</summary>
internal static class ModelErrors
{
    public static void WriteOpenAi(Utf8JsonWriter json, ModelRefusal refusal)
    {
        json.WriteStartObject("error");
        json.WriteString("message", refusal.Message);
        json.WriteString("type", refusal.Status switch
        {
            429 => "rate_limit_error",
            >= 500 => "server_error",
            _ => "invalid_request_error",
        });
        json.WriteString("param", refusal.Param);
        json.WriteString("code", refusal.Code);
        json.WriteEndObject();
    }

    public static void WriteAnthropic(Utf8JsonWriter json, ModelRefusal refusal, string? requestId)
    {
        json.WriteString("type", "error");
        json.WriteStartObject("error");
        json.WriteString("type", refusal.Status switch
        {
            401 => "authentication_error",
            402 => "billing_error",
            403 => "permission_error",
            404 => "not_found_error",
            413 => "request_too_large",
            429 => "rate_limit_error",
            529 => "overloaded_error",
            >= 500 => "api_error",
            _ => "invalid_request_error",
        });
        json.WriteString("message", refusal.Message);
        json.WriteEndObject();
        if (requestId is not null) { json.WriteString("request_id", requestId); }
    }
}
