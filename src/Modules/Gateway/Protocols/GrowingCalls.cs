using System.Text.Json;

namespace Wopr.Gateway.Protocols;

/// <summary>A tool's call while it comes in pieces.</summary>
internal sealed class GrowingCall
{
    public byte[] Id { get; set; } = [];

    /// <summary>Its block or item of the answer; below zero until the tool's name is known.</summary>
    public int Place { get; set; } = -1;

    /// <summary>Arguments that came before the name.</summary>
    public RawText Held { get; } = new();
}

/// <summary>
/// Which call a piece belongs to: by its index, though some leave it out, and some give all calls the same.
/// </summary>
internal sealed class GrowingCalls
{
    private readonly Dictionary<long, GrowingCall> _byIndex = [];
    private GrowingCall? _last;

    public GrowingCall Of(JsonElement piece)
    {
        var id = piece.Get("id"u8).Bytes();
        var begins = ChatReading.IsCall(piece);
        var index = piece.Get("index"u8);
        var known = index.IsNumber() ? _byIndex.GetValueOrDefault(index.Count()) : begins ? null : _last;
        var isOther = begins && known is { Place: >= 0 } && !id.IsEmpty && !id.SequenceEqual(known.Id);
        if (known is null || isOther)
        {
            known = new();
            if (index.IsNumber()) { _byIndex[index.Count()] = known; }
        }
        if (known.Id.Length == 0) { known.Id = id.ToArray(); }
        return _last = known;
    }
}
