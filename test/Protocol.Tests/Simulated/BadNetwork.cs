using System.Threading.Channels;

namespace Wopr.Protocol.Tests.Simulated;

/// <summary>How bad it is: the chance of each mishap, per frame.</summary>
internal sealed record Weather(double Drop, double Repeat, double Reorder, double Slow, double Cut, double Hang, double NoDial)
{
    public static Weather Fair { get; } = new(0, 0, 0, 0, 0, 0, 0);

    public static Weather Of(Random random) => new(
        Drop: random.NextDouble() * 0.02, Repeat: random.NextDouble() * 0.1, Reorder: random.NextDouble() * 0.02,
        Slow: random.NextDouble() * 0.05, Cut: random.NextDouble() * 0.01, Hang: random.NextDouble() * 0.002,
        NoDial: random.NextDouble() * 0.3);
}

/// <summary>Connections whose frames get lost, repeated, reordered and delayed, and which break with and without a word.</summary>
internal sealed class BadNetwork(VirtualTime time, Random random, Weather weather, TimeSpan calmAfter)
{
    private Weather Now => time.Elapsed < calmAfter ? weather : Weather.Fair;

    public int Mishaps { get; private set; }

    /// <summary>The two ends of a new connection.</summary>
    public async Task<(IFrames One, IFrames Other)> ConnectAsync(CancellationToken ct)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(1 + random.Next(50)), time, ct);
        if (Happens(Now.NoDial)) { throw new LinkLostException("nobody answers"); }
        var wire = new Wire();
        return (new End(this, wire, 0), new End(this, wire, 1));
    }

    private bool Happens(double chance)
    {
        if (chance == 0 || random.NextDouble() >= chance) { return false; }
        Mishaps++;
        return true;
    }

    private TimeSpan Latency() => TimeSpan.FromMilliseconds(1 + random.Next(20));

    private sealed class Wire
    {
        public Channel<byte[]>[] Inboxes { get; } = [Channel.CreateUnbounded<byte[]>(), Channel.CreateUnbounded<byte[]>()];
        public TimeSpan[] LastArrival { get; } = new TimeSpan[2];

        /// <summary>Both ends still believe in it, and nothing gets through.</summary>
        public bool IsDead { get; set; }

        public void Break(string why)
        {
            IsDead = true;
            foreach (var inbox in Inboxes) { inbox.Writer.TryComplete(new IOException(why)); }
        }
    }

    private sealed class End(BadNetwork network, Wire wire, int side) : IFrames
    {
        private readonly TimeProvider _time = network.Time;

        public string? Farewell { get; private set; }

        public async ValueTask<ReadOnlyMemory<byte>?> ReceiveAsync()
        {
            if (!await wire.Inboxes[side].Reader.WaitToReadAsync()) { return null; }
            var frame = await wire.Inboxes[side].Reader.ReadAsync();
            if (frame is not [(byte)'!', .. var farewell]) { return frame; }
            Farewell = System.Text.Encoding.UTF8.GetString(farewell);
            return null;
        }

        public async Task SendAsync(ReadOnlyMemory<byte> frame)
        {
            var weather = network.Now;
            if (network.Happens(weather.Cut)) { wire.Break("cut"); }
            if (network.Happens(weather.Hang)) { wire.IsDead = true; }
            if (wire.Inboxes[side].Reader.Completion.IsFaulted) { throw new IOException("cut"); }
            // The link must be done with its bytes when this returns, and not before.
            var copy = frame.ToArray();
            if (network.Happens(weather.Slow)) { await Task.Delay(network.Random.Next(8000) * TimeSpan.FromMilliseconds(1), _time); }
            if (!copy.AsSpan().SequenceEqual(frame.Span)) { throw new InvalidOperationException("A frame changed while it was sent."); }
            if (network.Happens(weather.Drop)) { return; }
            Deliver(copy, network.Happens(weather.Reorder));
            if (network.Happens(weather.Repeat)) { Deliver(copy, network.Happens(0.5)); }
        }

        public Task CloseAsync(string why, CancellationToken ct)
        {
            Deliver([(byte)'!', .. System.Text.Encoding.UTF8.GetBytes(why)], reorder: false);
            return Task.CompletedTask;
        }

        public void Abort() => wire.Break("aborted");

        public void Dispose() => Abort();

        private void Deliver(byte[] frame, bool reorder)
        {
            var at = network.Elapsed + network.Latency();
            if (!reorder && at < wire.LastArrival[side]) { at = wire.LastArrival[side]; }
            if (reorder) { at += TimeSpan.FromMilliseconds(network.Random.Next(200)); }
            else { wire.LastArrival[side] = at; }
            _time.CreateTimer(_ => Arrive(frame), null, at - network.Elapsed, Timeout.InfiniteTimeSpan);
        }

        private void Arrive(byte[] frame)
        {
            if (!wire.IsDead) { wire.Inboxes[1 - side].Writer.TryWrite(frame); }
        }
    }

    private TimeSpan Elapsed => time.Elapsed;
    private TimeProvider Time => time;
    private Random Random => random;
}
