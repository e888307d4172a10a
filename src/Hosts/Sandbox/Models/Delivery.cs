using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using System.Text.Json;

namespace Wopr.Sandbox.Models;

/// <summary>Hands one answer over, at its pace and with its faults.</summary>
internal sealed class Delivery(
    HttpContext context, Behaviour behaviour, Faults faults, Served served, ServedLog log, long startedAt)
{
    private const int BytesAtOnceMax = 64 * 1024;

    private static readonly TimeSpan s_betweenHalves = TimeSpan.FromMilliseconds(5);

    private readonly Pacer.Waiter _waiter = Pacer.NewWaiter();
    private readonly TimeSpan _delay = TimeSpan.FromMilliseconds(behaviour.DelayMs ?? 0);
    private readonly TimeSpan _pace = TimeSpan.FromMilliseconds(behaviour.PaceMs ?? 0);

    private CancellationToken Left => context.RequestAborted;

    private PipeWriter Out => context.Response.BodyWriter;

    public async Task WholeAsync(Wire wire, Reply reply)
    {
        await _waiter.UntilAsync(startedAt, _delay, Left);
        var bytes = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(bytes, Serving.JsonOptions))
        {
            json.WriteStartObject();
            wire.Whole(json, reply);
            if (faults.HugeBytes > 0) { json.WriteString("padding", new string('x', faults.HugeBytes)); }
            json.WriteEndObject();
        }
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = bytes.WrittenCount;
        var body = bytes.WrittenMemory;
        if (faults.BadJsonAt is not null)
        {
            body = body[..(body.Length / 2)];
            context.Response.ContentLength = body.Length;
        }
        served.Usage = reply.Usage;
        if (await BrokenOffAsync(body)) { return; }
        Begin();
        served.Bytes = body.Length;
        served.Told = faults.NoUsage || faults.BadJsonAt is not null ? "none" : faults.WrongUsage is null ? "exact"
            : "wrong";
        log.Finish(served, "complete");
        var isHere = faults.Drips || faults.SplitsUsage ? await PiecesAsync(body, isLast: true)
            : await SendAsync(body, isLast: true);
        if (!isHere) { log.Left(served); }
    }

    public async Task StreamAsync(Wire wire, Reply reply)
    {
        await _waiter.UntilAsync(startedAt, _delay, Left);
        context.Response.ContentType = "text/event-stream; charset=utf-8";
        context.Response.Headers.CacheControl = "no-cache";
        using var buffer = new EventBuffer(faults);
        var pieces = 0;
        foreach (var each in wire.Events(reply, buffer))
        {
            var told = each;
            if (await FailedAsync(wire, buffer, reply)) { return; }
            if (told.IsPaced) { await _waiter.UntilAsync(startedAt, _delay + (pieces++ * _pace), Left); }
            if (served.Events == 1 && faults.HugeBytes > 0) { await AddHugeAsync(wire, reply); }
            if (faults.BadJsonAt == served.Events)
            {
                buffer.Write("{\"id\":\"broken\",\"choices\":[{"u8);
                told = told with { Tells = Telling.Nothing };
            }
            if (faults.Comments && !await CommentAsync(buffer)) { break; }
            var frame = buffer.Frame(told.Name);
            if (faults.CutAt == served.Events)
            {
                await SendAsync(frame[..(frame.Length / 2)]);
                Break();
                return;
            }
            Count(told, reply, buffer, frame.Length);
            var isHere = faults.Drips || (faults.SplitsUsage && told.Tells != Telling.Nothing)
                ? await PiecesAsync(frame, told.IsLast) : await SendAsync(frame, told.IsLast);
            if (!isHere) { break; }
            if (told.IsLast) { return; }
        }
        log.Left(served);
    }

    private Task<bool> CommentAsync(EventBuffer buffer)
    {
        var comment = buffer.Comment();
        served.Bytes += comment.Length;
        return faults.Drips ? PiecesAsync(comment) : SendAsync(comment).AsTask();
    }

    // Entered before it is sent, so that whoever has the answer finds it in the record.
    private void Count(Event told, Reply reply, EventBuffer buffer, int bytes)
    {
        Begin();
        served.Events++;
        served.Bytes += bytes;
        if (told.Tells == Telling.Part) { served.Told = "part"; }
        if (told.Tells == Telling.All) { served.Told = faults.WrongUsage is null ? "exact" : "wrong"; }
        served.Usage = told.IsLast || told.Tells == Telling.All ? reply.Usage
            : reply.Usage with { Output = buffer.OutputTokens, Reasoning = 0, CostNanos = null };
        if (told.IsLast) { log.Finish(served, "complete"); }
    }

    private void Begin()
    {
        if (served.FirstByteAt == 0) { served.FirstByteAt = Stopwatch.GetTimestamp(); }
    }

    private async Task<bool> FailedAsync(Wire wire, EventBuffer buffer, Reply reply)
    {
        if (faults.StallAt == served.Events && served.Events >= 0)
        {
            await Out.FlushAsync(Left);
            await Task.Delay(faults.StallFor, Left);
        }
        if (faults.ResetAt == served.Events)
        {
            if (served.Events == 0) { await Out.FlushAsync(Left); }
            Break();
            return true;
        }
        if (faults.EndAt == served.Events)
        {
            log.Finish(served, "ended");
            return true;
        }
        if (faults.ErrorAt == served.Events)
        {
            var error = wire.Error(buffer, new(529, "Overloaded"));
            var frame = buffer.Frame(error.Name);
            Count(error, reply, buffer, frame.Length);
            log.Finish(served, "ended");
            await SendAsync(frame);
            return true;
        }
        return false;
    }

    private async Task AddHugeAsync(Wire wire, Reply reply)
    {
        using var buffer = new EventBuffer(faults);
        var frame = buffer.Frame(wire.Padding(reply, buffer, faults.HugeBytes).Name);
        served.Events++;
        served.Bytes += frame.Length;
        await SendAsync(frame);
    }

    // A whole answer that stalls or is reset, after so many of its bytes.
    private async Task<bool> BrokenOffAsync(ReadOnlyMemory<byte> body)
    {
        if (faults.StallAt is { } stall)
        {
            var sent = Math.Min(stall, body.Length);
            Begin();
            served.Bytes = sent;
            await SendAsync(body[..sent]);
            await Task.Delay(faults.StallFor, Left);
            log.Finish(served, "complete");
            served.Bytes = body.Length;
            if (!await SendAsync(body[sent..], isLast: true)) { log.Left(served); }
            return true;
        }
        if ((faults.ResetAt ?? faults.CutAt) is not { } reset) { return false; }
        var left = Math.Min(reset, body.Length);
        Begin();
        served.Bytes = left;
        await SendAsync(body[..left]);
        Break();
        return true;
    }

    private void Break()
    {
        log.Finish(served, "reset");
        // Kestrel resets what it aborts: no more bytes, and no orderly end.
        context.Abort();
    }

    // Every byte in a packet of its own, or two halves far enough apart to be read apart.
    private async Task<bool> PiecesAsync(ReadOnlyMemory<byte> bytes, bool isLast = false)
    {
        if (faults.SplitAt is { } at && !faults.Drips)
        {
            at = Math.Min(at, bytes.Length);
            if (!await SendAsync(bytes[..at])) { return false; }
            await _waiter.UntilAsync(Stopwatch.GetTimestamp(), s_betweenHalves, Left);
            return await SendAsync(bytes[at..], isLast);
        }
        for (var index = 0; index < bytes.Length; index++)
        {
            if (!await SendAsync(bytes.Slice(index, 1), isLast && index == bytes.Length - 1)) { return false; }
        }
        return true;
    }

    /// <summary>False when nobody is there to take it. Who has the last byte may hang up at once, and was
    /// there.</summary>
    private async ValueTask<bool> SendAsync(ReadOnlyMemory<byte> bytes, bool isLast = false)
    {
        do
        {
            if (Left.IsCancellationRequested) { return false; }
            var length = Math.Min(bytes.Length, BytesAtOnceMax);
            Out.Write(bytes.Span[..length]);
            bytes = bytes[length..];
            var isEnd = isLast && bytes.Length == 0;
            var flushed = await Out.FlushAsync(isEnd ? CancellationToken.None : Left);
            if (!isEnd && (flushed.IsCompleted || flushed.IsCanceled)) { return false; }
        }
        while (bytes.Length > 0);
        return true;
    }
}
