using System.Diagnostics;
using System.Runtime.CompilerServices;
using Wopr.Protocol;

namespace Wopr.Agent.Running;

/// <summary>The bot's program, started for one answer as the bot's own user: what it is asked goes in, and lines come out.</summary>
internal sealed class OneShot(Process process, TimeProvider time)
{
    // What it says goes on over a link, and must fit into a frame of it.
    private const int LineBytesMax = 1_000_000;
    private const int InUse = 75;
    private const int Misconfigured = 78;

    private static readonly TimeSpan s_endPatience = TimeSpan.FromSeconds(2);

    /// <exception cref="LinkRefusedException">It could not, or was stopped for taking too long.</exception>
    public async IAsyncEnumerable<byte[]> RunAsync(Stream input, TimeSpan patience, [EnumeratorCancellation] CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(patience, time);
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ct);
        using (process)
        {
            try
            {
                var feeding = FeedAsync(input, ends.Token);
                var buffer = new byte[64 * 1024];
                var (from, held, lines) = (0, 0, 0);
                while (true)
                {
                    if (buffer.AsSpan(from, held).IndexOf((byte)'\n') is var length and >= 0)
                    {
                        var line = buffer.AsSpan(from, length).ToArray();
                        (from, held, lines) = (from + length + 1, held - length - 1, lines + 1);
                        yield return line;
                        continue;
                    }
                    if (held == LineBytesMax) { throw Refused("node.too_large", "The bot's answer is larger than what goes over a link at once. Ask for less."); }
                    buffer.AsSpan(from, held).CopyTo(buffer);
                    from = 0;
                    if (held == buffer.Length) { Array.Resize(ref buffer, Math.Min(2 * buffer.Length, LineBytesMax)); }
                    var got = await ReadAsync(buffer.AsMemory(held), limit.Token, ends.Token);
                    if (got == 0) { break; }
                    held += got;
                }
                await feeding;
                await EndAsync(lines, limit.Token, ends.Token);
            }
            finally
            {
                Kill();
            }
        }
    }

    private async Task FeedAsync(Stream input, CancellationToken ct)
    {
        try
        {
            await input.CopyToAsync(process.StandardInput.BaseStream, ct);
            process.StandardInput.Close();
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // It has heard enough, or is over; its answer or its end says why.
        }
    }

    private async Task<int> ReadAsync(Memory<byte> to, CancellationToken limit, CancellationToken ct)
    {
        try { return await process.StandardOutput.BaseStream.ReadAsync(to, ct); }
        catch (OperationCanceledException) when (limit.IsCancellationRequested) { throw TooSlow(); }
        catch (OperationCanceledException error) { throw new LinkLostException("The bot is to run, so its program was stopped.", error); }
    }

    private async Task EndAsync(int lines, CancellationToken limit, CancellationToken ct)
    {
        try { await process.WaitForExitAsync(ct); }
        catch (OperationCanceledException) when (limit.IsCancellationRequested) { throw TooSlow(); }
        if (process.ExitCode == InUse) { throw Runs(); }
        if (process.ExitCode == Misconfigured)
        {
            throw Refused("node.no_data", "The bot's data on its machine cannot be used. Its log says why.");
        }
        if (lines == 0 || process.ExitCode != 0) { throw Refused("node.ask_failed", "The bot's program failed. Its log says why."); }
    }

    private void Kill()
    {
        try
        {
            if (!process.HasExited) { process.Kill(entireProcessTree: true); }
            process.WaitForExit(s_endPatience);
        }
        catch (InvalidOperationException)
        {
            // It ended by itself.
        }
    }

    public static LinkRefusedException Runs() => new(new("node.bot_runs", "The bot runs, so it is asked itself.", IsPassing: true));

    private static LinkRefusedException TooSlow() => new(new("node.too_slow", "The bot's program took too long. Try again.", IsPassing: true));

    private static LinkRefusedException Refused(string code, string sentence) => new(new(code, sentence));
}
