using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Wopr.Gateway.Protocols;
using Wopr.Gateway.Relay;

namespace Wopr.Gateway.Tests.Relay;

public sealed class SseScannerTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Wherever_the_bytes_are_cut_the_same_events_come_out()
    {
        const string Text = ": hello\r\n\r\nevent: one\r\ndata: {\"a\":1}\r\n\r\ndata: x\ndata: y\n\ndata:z\r\rdata: [DONE]\n\n";
        var whole = await EventsAsync(Encoding.UTF8.GetBytes(Text), int.MaxValue);
        Assert.Equal(["", "one|{\"a\":1}", "|x\ny", "|z", "|[DONE]"], whole);
        for (var size = 1; size < Text.Length; size++)
        {
            Assert.Equal(whole, await EventsAsync(Encoding.UTF8.GetBytes(Text), size));
        }
    }

    [Fact]
    public void Nothing_is_lost_or_added()
    {
        var bytes = Gen.Elements((byte)'\n', (byte)'\r', (byte)'d', (byte)':', (byte)' ', (byte)0xFF).ArrayOf();
        Prop.ForAll(bytes.ToArbitrary(), Gen.Choose(1, 7).ToArbitrary(), (text, size) =>
        {
            var reader = new SseReader(new Pieces(text, size));
            using var seen = new MemoryStream();
            while (reader.ReadAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult())
            {
                while (reader.TryNext(out var next)) { seen.Write(next.Raw.Span); }
            }
            // What was not ended is not an event, and is the only thing that is missing.
            return text.AsSpan().StartsWith(seen.ToArray()) && (reader.IsCut || seen.Length == text.Length);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public async Task An_event_without_end_is_given_up()
    {
        using var reader = new SseReader(new Endless());
        await Assert.ThrowsAsync<InvalidDataException>(async () =>
        {
            while (await reader.ReadAsync(Ct)) { while (reader.TryNext(out _)) { } }
        });
    }

    [Fact]
    public void No_bytes_break_the_reading_of_usage()
    {
        Prop.ForAll<byte[]>(text =>
        {
            foreach (var format in Enum.GetValues<WireFormat>())
            {
                UsageReader usage = new(format);
                usage.Read(text);
                usage.Read(Encoding.UTF8.GetBytes($"{{\"usage\":{Encoding.Latin1.GetString(text)}}}"));
                _ = usage.Usage(1000);
            }
        }).QuickCheckThrowOnFailure();
    }

    private static async Task<List<string>> EventsAsync(byte[] text, int size)
    {
        using var reader = new SseReader(new Pieces(text, size));
        List<string> events = [];
        while (await reader.ReadAsync(Ct))
        {
            while (reader.TryNext(out var next))
            {
                var (name, data) = (Encoding.UTF8.GetString(next.Name.Span), Encoding.UTF8.GetString(next.Data.Span));
                if (next.Raw.Length > 2) { events.Add(data.Length == 0 ? "" : $"{name}|{data}"); }
            }
        }
        return events;
    }

    /// <summary>Gives its bytes in pieces of one size.</summary>
    private sealed class Pieces(byte[] bytes, int size) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, size)], cancellationToken);
    }

    private sealed class Endless : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            buffer.Span.Fill((byte)'x');
            return new(buffer.Length);
        }
    }
}
