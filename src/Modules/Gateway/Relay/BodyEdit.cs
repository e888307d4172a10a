using System.Globalization;
using System.Text;
using System.Text.Json;
using Wopr.Gateway.Catalogue;
using Wopr.Gateway.Protocols;

namespace Wopr.Gateway.Relay;

/// <summary>What a provider must be told differently, put into the bytes of the request; all other bytes stay as they are.</summary>
internal static class BodyEdit
{
    private static ReadOnlySpan<byte> UsageWanted => "{\"include_usage\":true}"u8;

    /// <param name="isOurs">The body was translated, so that the name of its limit is not the caller's word.</param>
    /// <param name="outputMax">A limit to set, where the caller set none.</param>
    public static byte[] Apply(
        ReadOnlySpan<byte> body, RequestHead head, WireFormat format, Offer offer, bool isOurs, long? outputMax)
    {
        var name = JsonEncodedText.Encode(offer.UpstreamModel).EncodedUtf8Bytes;
        var limitName = LimitName(format, offer.Provider);
        List<(Place At, byte[] New)> edits = [(head.ModelAt, [(byte)'"', .. name, (byte)'"'])];
        // Behind the brace that opens the body, with a comma for what follows.
        List<byte> added = [];
        if (isOurs && head.LimitNameAt is { } said) { edits.Add((said, [(byte)'"', .. limitName, (byte)'"'])); }
        if (outputMax is { } limit)
        {
            if (head.NoLimitAt is { } empty) { edits.Add((empty, Digits(limit))); }
            else { added.AddRange([(byte)'"', .. limitName, .. "\":"u8, .. Digits(limit), (byte)',']); }
        }
        if (head.Streams && !head.WantsUsage && format is (WireFormat.Chat or WireFormat.Completions))
        {
            if (head.StreamOptionsAt is { } options) { edits.Add((options, UsageWanted.ToArray())); }
            else { added.AddRange([.. "\"stream_options\":"u8, .. UsageWanted, (byte)',']); }
        }
        if (added.Count > 0) { edits.Add((new(body.IndexOf((byte)'{') + 1, 0), [.. added])); }
        edits.Sort((left, right) => left.At.Start.CompareTo(right.At.Start));

        var edited = new byte[body.Length + edits.Sum(edit => edit.New.Length - edit.At.Length)];
        var (from, to) = (0, 0);
        foreach (var (at, replacement) in edits)
        {
            body[from..at.Start].CopyTo(edited.AsSpan(to));
            to += at.Start - from;
            replacement.CopyTo(edited.AsSpan(to));
            to += replacement.Length;
            from = at.End;
        }
        body[from..].CopyTo(edited.AsSpan(to));
        return edited;
    }

    private static ReadOnlySpan<byte> LimitName(WireFormat format, Provider provider) =>
        format == WireFormat.Responses ? "max_output_tokens"u8
        : format == WireFormat.Chat && provider.IsOpenAi ? "max_completion_tokens"u8
        : "max_tokens"u8;

    private static byte[] Digits(long number) => Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture));
}
