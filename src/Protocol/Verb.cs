using System.Text.Json.Serialization.Metadata;

namespace Wopr.Protocol;

/// <summary>Something one end of a link asks of the other. Asking the same again, with the same ids, changes nothing more.</summary>
public sealed class Verb<TAsk, TAnswer>(string name, JsonTypeInfo<TAsk>? ask = null, JsonTypeInfo<TAnswer>? answer = null)
{
    public string Name => name;

    public JsonTypeInfo<TAsk> Ask => ask ?? WireJson.Of<TAsk>();

    public JsonTypeInfo<TAnswer> Answer => answer ?? WireJson.Of<TAnswer>();
}

/// <summary>Like a verb, with any number of answers, until either end has enough.</summary>
public sealed class Feed<TAsk, TItem>(string name, JsonTypeInfo<TAsk>? ask = null, JsonTypeInfo<TItem>? item = null)
{
    public string Name => name;

    public JsonTypeInfo<TAsk> Ask => ask ?? WireJson.Of<TAsk>();

    public JsonTypeInfo<TItem> Item => item ?? WireJson.Of<TItem>();
}

/// <summary>Why the other end does not do it: a stable code, and a sentence that says what to do.</summary>
/// <param name="IsPassing">It does not do it now. Asked again in a while, it may.</param>
public sealed record LinkProblem(string Code, string Message, bool IsPassing = false);

/// <summary>Nothing to say.</summary>
public sealed record Nothing
{
    public static Nothing Instance { get; } = new();
}
