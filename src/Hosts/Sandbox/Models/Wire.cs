using System.Text.Json;

namespace Wopr.Sandbox.Models;

/// <summary>How one kind of request, its answer and its stream look.</summary>
internal abstract class Wire
{
    public abstract Ask Read(JsonElement body);

    /// <summary>The fields of the whole answer.</summary>
    public abstract void Whole(Utf8JsonWriter json, Reply reply);

    /// <summary>Writes one event after the other into the buffer.</summary>
    public abstract IEnumerable<Event> Events(Reply reply, EventBuffer buffer);

    /// <summary>An event that nobody needs, with so many bytes in it.</summary>
    public abstract Event Padding(Reply reply, EventBuffer buffer, int bytes);

    /// <summary>What stands in a stream that fails in its middle.</summary>
    public abstract Event Error(EventBuffer buffer, ModelRefusal refusal);

    /// <summary>A count of the usage, or the wrong thing that stands in its place.</summary>
    public static void Count(Utf8JsonWriter json, string name, long count, Faults faults)
    {
        json.WritePropertyName(name);
        switch (faults.WrongUsage)
        {
            case null: json.WriteNumberValue(count); break;
            case "string": json.WriteStringValue($"{count}"); break;
            case "negative": json.WriteNumberValue(-count - 1); break;
            case "huge": json.WriteNumberValue(long.MaxValue); break;
            case "overflow": json.WriteRawValue("99999999999999999999999999999999999999999"); break;
            case "null": json.WriteNullValue(); break;
            case "float": json.WriteRawValue($"{count}.5"); break;
            default: json.WriteRawValue("{}"); break;
        }
    }
}
