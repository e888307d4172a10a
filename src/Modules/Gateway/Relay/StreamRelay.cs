using System.IO.Pipelines;
using Wopr.Gateway.Protocols;
using Wopr.Gateway.Routing;
using Wopr.Kernel;

namespace Wopr.Gateway.Relay;

/// <summary>
/// Carries a provider's stream to the caller, event by event as they come, and reads on the way what was used. The event
/// that ends the answer is held back until the answer is paid.
/// </summary>
internal sealed class StreamRelay(
    Exchange exchange, Task<Result<Money>> durable, StreamOutput output, WireFormat upstream, StreamTranslation? translation, TimeProvider time)
{
    private readonly List<SseEvent> _ready = [];

    private bool _hasBegun;
    private SseEvent? _end;

    /// <summary>How long the provider took to say something; null while it has not.</summary>
    public TimeSpan? FirstByte { get; private set; }

    /// <summary>Until the end of the answer, which is not sent yet.</summary>
    public async Task<Outcome> RunAsync(Stream stream, CancellationToken attempt)
    {
        using var reader = new SseReader(stream);
        try
        {
            while (_end is null && await reader.ReadAsync(attempt))
            {
                exchange.Moved(time.GetTimestamp());
                var failure = Take(reader);
                if ((await durable).Problem is { } lost) { return Outcome.NotStarted(lost); }
                if (_ready.Count > 0) { await output.SendAsync(this, static (relay, writer) => relay.Write(writer)); }
                if (failure is { } why) { return _hasBegun ? Outcome.BrokeOff(why) : Outcome.NothingCame(why); }
            }
        }
        catch (Exception error) when (error is IOException or HttpRequestException or InvalidDataException or OperationCanceledException)
        {
            if (output.IsLeft) { return Outcome.Left; }
            var why = exchange.IsLate ? Failure.Timeout : error is InvalidDataException ? Failure.BadAnswer : Failure.Unreachable;
            return _hasBegun ? Outcome.BrokeOff(why) : Outcome.NothingCame(why);
        }
        if (_end is not null || (!reader.IsCut && _hasBegun && EndsByItself)) { return Outcome.Whole; }
        return _hasBegun ? Outcome.BrokeOff(Failure.BadAnswer) : Outcome.NothingCame(Failure.BadAnswer);
    }

    /// <summary>Sends what ends the answer.</summary>
    public ValueTask EndAsync() => output.SendAsync(this, static (relay, writer) =>
    {
        if (relay._end is { } end) { relay.WriteOne(end, writer); }
        relay.Finish(writer);
    });

    // Some providers count and leave out the last line.
    private bool EndsByItself => upstream is WireFormat.Chat or WireFormat.Completions && exchange.Usage.Usage(long.MaxValue) is not null;

    /// <summary>Sorts what was read: what is sent now, what is kept, what is not for the caller.</summary>
    private Failure? Take(SseReader reader)
    {
        _ready.Clear();
        while (_end is null && reader.TryNext(out var next))
        {
            // Comments keep a connection open; ours does that by itself.
            if (next.Data.IsEmpty) { continue; }
            if (next.Data.Span.SequenceEqual("[DONE]"u8))
            {
                _end = Kept(next);
                break;
            }
            exchange.Usage.Read(next.Data.Span);
            if (exchange.Usage.IsError || next.Name.Span.SequenceEqual("error"u8)) { return Failure.ServerError; }
            FirstByte ??= time.GetElapsedTime(exchange.StartedAt);
            _hasBegun = true;
            if (IsEnd(next)) { _end = Kept(next); }
            else if (translation is not null || !exchange.Usage.IsOnlyUsage || exchange.Head.WantsUsage) { _ready.Add(next); }
        }
        return null;
    }

    // It outlives what it was read from.
    private static SseEvent Kept(SseEvent next) => new(next.Raw.ToArray(), next.Name.ToArray(), next.Data.ToArray());

    private bool IsEnd(SseEvent next) => upstream switch
    {
        WireFormat.Messages => next.Name.Span.SequenceEqual("message_stop"u8),
        WireFormat.Responses => next.Name.Span.SequenceEqual("response.completed"u8)
            || next.Name.Span.SequenceEqual("response.incomplete"u8) || next.Name.Span.SequenceEqual("response.failed"u8),
        _ => false,
    };

    private void Finish(PipeWriter writer) => translation?.End(writer);

    private void Write(PipeWriter writer)
    {
        foreach (var next in _ready) { WriteOne(next, writer); }
    }

    private void WriteOne(SseEvent next, PipeWriter writer)
    {
        if (translation is not null) { translation.Next(next.Name.Span, next.Data.Span, writer); }
        else
        {
            var raw = next.Raw.Span;
            raw.CopyTo(writer.GetSpan(raw.Length));
            writer.Advance(raw.Length);
        }
    }
}
