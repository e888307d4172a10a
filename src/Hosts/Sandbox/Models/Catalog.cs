using System.Text.Json;

namespace Wopr.Sandbox.Models;

/// <summary>The models that are listed; any other name but <c>no-such-model</c> is answered as well.</summary>
internal static class Catalog
{
    private const long CreatedAt = 1_735_689_600;

    public static string[] Models { get; } = ["sandbox/echo", "sandbox/embed", "sandbox/large"];

    public static void Write(Utf8JsonWriter json, Api api, string model)
    {
        json.WriteString("id", model);
        if (api == Api.Anthropic)
        {
            json.WriteString("type", "model");
            json.WriteString("display_name", model);
            json.WriteString("created_at", "2025-01-01T00:00:00Z");
            return;
        }
        json.WriteString("object", "model");
        json.WriteNumber("created", CreatedAt);
        json.WriteString("owned_by", "sandbox");
    }
}
