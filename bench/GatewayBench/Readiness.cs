using System.Buffers.Binary;
using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Wopr.GatewayBench;

/// <summary>
/// Which of many sockets have something to read, asked by one thread that then reads them itself. The runtime's own way
/// wakes two threads for each piece, which on two processors is most of what the load and the upstream would cost.
/// </summary>
internal sealed partial class Readiness
{
    private const int EventsMax = 512;
    private const int Add = 1;
    private const uint Readable = 1;

    // The kernel packs an event on x64 and nowhere else.
    private static readonly bool s_isPacked = RuntimeInformation.ProcessArchitecture == Architecture.X64;
    private static readonly int s_stride = s_isPacked ? 12 : 16;
    private static readonly int s_data = s_isPacked ? 4 : 8;

    private readonly int _poll = Checked(EpollCreate1(0));
    private readonly byte[] _events = new byte[EventsMax * 16];

    public void Watch(Socket socket, int number)
    {
        Span<byte> watched = stackalloc byte[16];
        BinaryPrimitives.WriteUInt32LittleEndian(watched, Readable);
        BinaryPrimitives.WriteInt32LittleEndian(watched[s_data..], number);
        _ = Checked(EpollCtl(_poll, Add, (int)socket.Handle, in watched[0]));
    }

    /// <summary>The numbers of the sockets that can be read, at the latest at a timestamp of <see cref="Stopwatch"/>.</summary>
    public int Wait(long until, Span<int> numbers)
    {
        var ticks = Math.Clamp(until - Stopwatch.GetTimestamp(), 0, Stopwatch.Frequency);
        Span limit = new(ticks / Stopwatch.Frequency, (nint)(ticks % Stopwatch.Frequency * (1_000_000_000 / Stopwatch.Frequency)));
        var count = EpollPwait2(_poll, ref _events[0], Math.Min(numbers.Length, EventsMax), in limit, 0);
        for (var index = 0; index < count; index++)
        {
            numbers[index] = BinaryPrimitives.ReadInt32LittleEndian(_events.AsSpan((index * s_stride) + s_data));
        }
        return Math.Max(count, 0);
    }

    private static int Checked(int result) =>
        result < 0 ? throw new InvalidOperationException($"The kernel refused: error {Marshal.GetLastPInvokeError()}.") : result;

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial int EpollCreate1(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static partial int EpollCtl(int poll, int operation, int socket, in byte watched);

    // Unlike the older call it waits to the nanosecond: the runtime's own timers are later than what a gateway may add.
    [LibraryImport("libc", EntryPoint = "epoll_pwait2")]
    private static partial int EpollPwait2(int poll, ref byte events, int count, in Span limit, nint signals);

    private readonly record struct Span(long Seconds, nint Nanoseconds);
}
