using System.Diagnostics;
using System.Globalization;

namespace Wopr.GatewayBench;

/// <summary>
/// One request after the other, and how long each took. What the answer's <c>Server-Timing</c> says was spent waiting for
/// the ledger is also told, and what is left without it.
/// </summary>
internal sealed class LatencyProbe(Target target)
{
    private const int WarmUp = 50;

    public int Run(int count)
    {
        List<double> whole = [], start = [], settle = [], alone = [];
        Answer answer = new();
        var body = new byte[64 * 1024];
        var request = target.Request(streams: false);
        using var socket = target.Connect();
        for (var number = -WarmUp; number < count; number++)
        {
            answer.Begin();
            var asked = Stopwatch.GetTimestamp();
            socket.Send(request);
            while (!answer.IsWhole)
            {
                var read = socket.Receive(answer.Free);
                if (read == 0) { throw new IOException("The connection was closed."); }
                answer.Take(read, body);
            }
            var took = Stopwatch.GetElapsedTime(asked).TotalMilliseconds;
            if (answer.Status != 200) { throw new IOException($"Answered {answer.Status}."); }
            if (number < 0) { continue; }
            whole.Add(took);
            if (answer.Header("server-timing") is not { } timing) { continue; }
            var (started, settled) = (Part(timing, "start"), Part(timing, "settle"));
            start.Add(started);
            settle.Add(settled);
            alone.Add(took - started - settled);
        }
        Console.WriteLine($"answers={count + WarmUp} {Tell("whole", whole)} {Tell("start", start)} {Tell("settle", settle)} {Tell("alone", alone)}");
        return 0;
    }

    private static string Tell(string name, List<double> values)
    {
        values.Sort();
        return string.Create(CultureInfo.InvariantCulture, $"{name}50={values.At(0.5):0.000} {name}99={values.At(0.99):0.000}");
    }

    private static double Part(string timing, string name)
    {
        var from = timing.IndexOf($"{name};dur=", StringComparison.Ordinal) + name.Length + 5;
        var to = timing.IndexOf(',', from);
        return double.Parse(timing.AsSpan(from, (to < 0 ? timing.Length : to) - from), CultureInfo.InvariantCulture);
    }
}
