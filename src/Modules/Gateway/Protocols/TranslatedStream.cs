using System.Buffers;
using System.Text;
using System.Text.Json;
using Wopr.Kernel;

namespace Wopr.Gateway.Protocols;

/// <summary>What all translations of streams share: an answer ends once, either whole or with one error.</summary>
/// <param name="caller">What the caller speaks, for errors.</param>
internal abstract class TranslatedStream(WireFormat caller) : StreamTranslation
{
    private static readonly Problem[] Ours =
        [ProtocolProblems.ProviderBusy, ProtocolProblems.BadAnswer, ProtocolProblems.BrokeOff];

    private bool _isOver;

    /// <summary>The provider said that its answer is at its end; what may still come is its usage.</summary>
    protected bool IsWhole { get; set; }

    protected EventWriter Events { get; } = new();

    public sealed override void Next(ReadOnlySpan<byte> name, ReadOnlySpan<byte> data, IBufferWriter<byte> output)
    {
        data = data.Trim((byte)' ');
        if (_isOver || data.IsEmpty) { return; }
        if (data.SequenceEqual("[DONE]"u8))
        {
            IsWhole = true;
            End(output);
            return;
        }
        using var read = Json.Parse(data.ToArray());
        if (read is null) { Fail(ProtocolProblems.BadAnswer, output); }
        else if (read.RootElement.Get("error"u8) is var error && !error.IsMissing())
        {
            Fail(Of(error), output);
        }
        else { Read(read.RootElement, output); }
    }

    /// <summary>What the provider did not finish ends with an error, so that nobody takes it for whole.</summary>
    public sealed override void End(IBufferWriter<byte> output)
    {
        if (_isOver) { return; }
        if (!IsWhole)
        {
            Fail(ProtocolProblems.BrokeOff, output);
            return;
        }
        _isOver = true;
        Close(output);
    }

    protected abstract void Read(JsonElement data, IBufferWriter<byte> output);

    protected abstract void Close(IBufferWriter<byte> output);

    protected void Fail(Problem problem, IBufferWriter<byte> output)
    {
        _isOver = true;
        Refusals.WriteEvent(output, caller, problem);
    }

    // Only the kind of error is told on: its words may name our accounts.
    private static Problem Of(JsonElement error)
    {
        var (type, code) = (error.Get("type"u8), error.Get("code"u8));
        foreach (var ours in Ours)
        {
            if (code.Is(Encoding.ASCII.GetBytes(ours.Code))) { return ours; }
        }
        return type.Is("overloaded_error"u8) || type.Is("rate_limit_error"u8) || code.Is("rate_limit_exceeded"u8)
            || code.Count() is 429 or 503 or 529 ? ProtocolProblems.ProviderBusy : ProtocolProblems.ProviderFailed;
    }
}
