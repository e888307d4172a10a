using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Wopr.EndToEnd.Tests;

internal enum Fate { Pass, Drop, Twice, Swap }

/// <summary>
/// A bad line to a platform. The bytes of a TCP stream stay in order whatever happens; what can be lost, doubled and
/// swapped on it is whole frames of the WebSocket it carries, and that is what this does, both ways.
/// </summary>
internal sealed class LinkProxy : IAsyncDisposable
{
    private const int HeadBytesMax = 64 * 1024;
    private const int FrameBytesMax = 2 * 1024 * 1024;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly Uri _target;
    private readonly Task _accepting;
    private readonly Lock _gate = new();
    private readonly List<TcpClient> _open = [];
    private bool _isCut;

    public LinkProxy(Uri target)
    {
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    /// <summary>Asked of every frame.</summary>
    public Func<Fate> Decide { get; set; } = () => Fate.Pass;

    /// <summary>How long every frame takes.</summary>
    public Func<TimeSpan> Delay { get; set; } = () => TimeSpan.Zero;

    /// <summary>Zero: as fast as it goes.</summary>
    public int BytesPerSecond { get; set; }

    /// <summary>What befell frames, by fate.</summary>
    public long[] Fates { get; } = new long[4];

    public int Links { get; private set; }

    /// <summary>Ends every connection, and takes none until it is mended.</summary>
    public void Cut()
    {
        lock (_gate)
        {
            _isCut = true;
            foreach (var one in _open) { one.Dispose(); }
        }
    }

    public void Mend() { lock (_gate) { _isCut = false; } }

    /// <summary>Ends every connection; others are taken.</summary>
    public void Break()
    {
        Cut();
        Mend();
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        Cut();
        _listener.Dispose();
        await _accepting;
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true) { _ = CarryAsync(await _listener.AcceptTcpClientAsync(_end.Token)); }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException) { }
    }

    private async Task CarryAsync(TcpClient near)
    {
        using TcpClient far = new() { NoDelay = true };
        near.NoDelay = true;
        lock (_gate)
        {
            if (_isCut) { near.Dispose(); return; }
            _open.AddRange([near, far]);
        }
        try
        {
            await far.ConnectAsync(_target.Host, _target.Port, _end.Token);
            var (here, there) = (near.GetStream(), far.GetStream());
            var head = await HeadAsync(here);
            await there.WriteAsync(head, _end.Token);
            if (Encoding.ASCII.GetString(head).Contains("Upgrade: websocket", StringComparison.OrdinalIgnoreCase))
            {
                await here.WriteAsync(await HeadAsync(there), _end.Token);
                Links++;
                await Task.WhenAny(FramesAsync(here, there), FramesAsync(there, here));
            }
            else
            {
                await Task.WhenAny(here.CopyToAsync(there, _end.Token), there.CopyToAsync(here, _end.Token));
            }
        }
        catch (Exception error) when (error is IOException or SocketException or ObjectDisposedException
            or OperationCanceledException or InvalidOperationException)
        { }
        finally
        {
            lock (_gate)
            {
                _open.Remove(near);
                _open.Remove(far);
            }
            near.Dispose();
        }
    }

    // Byte by byte, so that nothing of what follows is read.
    private async Task<byte[]> HeadAsync(NetworkStream from)
    {
        List<byte> head = [];
        var one = new byte[1];
        while (!head.TakeLast(4).SequenceEqual("\r\n\r\n"u8.ToArray()) && head.Count < HeadBytesMax)
        {
            await from.ReadExactlyAsync(one, _end.Token);
            head.Add(one[0]);
        }
        return [.. head];
    }

    private async Task FramesAsync(NetworkStream from, NetworkStream to)
    {
        byte[]? held = null;
        try
        {
            while (true)
            {
                var frame = await FrameAsync(from);
                // Closing, pings and pongs are the line's own.
                var fate = (frame[0] & 0x0F) is 1 or 2 ? Decide() : Fate.Pass;
                Interlocked.Increment(ref Fates[(int)fate]);
                if (Delay() is { Ticks: > 0 } delay) { await Task.Delay(delay, _end.Token); }
                if (fate == Fate.Drop) { continue; }
                if (fate == Fate.Swap && held is null)
                {
                    held = frame;
                    continue;
                }
                await WriteAsync(to, frame);
                if (fate == Fate.Twice) { await WriteAsync(to, frame); }
                if (held is not null) { await WriteAsync(to, held); }
                held = null;
            }
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or OperationCanceledException or InvalidDataException) { }
    }

    private async Task WriteAsync(NetworkStream to, byte[] frame)
    {
        if (BytesPerSecond is not (> 0 and var pace)) { await to.WriteAsync(frame, _end.Token); return; }
        foreach (var piece in frame.Chunk(Math.Max(1, pace / 20)))
        {
            await to.WriteAsync(piece, _end.Token);
            await Task.Delay(50, _end.Token);
        }
    }

    /// <summary>With its head, as it came.</summary>
    private async Task<byte[]> FrameAsync(NetworkStream from)
    {
        var head = new byte[14];
        await from.ReadExactlyAsync(head.AsMemory(0, 2), _end.Token);
        var size = (head[1] & 0x7F) switch { 126 => 2, 127 => 8, _ => 0 };
        var mask = (head[1] & 0x80) != 0 ? 4 : 0;
        await from.ReadExactlyAsync(head.AsMemory(2, size + mask), _end.Token);
        var length = size switch
        {
            2 => BinaryPrimitives.ReadUInt16BigEndian(head.AsSpan(2)),
            8 => BinaryPrimitives.ReadInt64BigEndian(head.AsSpan(2)),
            _ => head[1] & 0x7F,
        };
        if (length > FrameBytesMax) { throw new InvalidDataException("The frame is too large."); }
        var frame = new byte[2 + size + mask + length];
        head.AsSpan(0, 2 + size + mask).CopyTo(frame);
        await from.ReadExactlyAsync(frame.AsMemory(2 + size + mask), _end.Token);
        return frame;
    }
}
