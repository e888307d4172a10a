namespace Wopr.Sandbox.Models;

/// <summary>One request and what became of it.</summary>
internal sealed class Served
{
    public required long Number { get; init; }

    /// <summary>Empty, unless the address had a place in it.</summary>
    public required string Place { get; init; }

    public required string Path { get; init; }

    /// <summary>With its settings.</summary>
    public string Model { get; set; } = "";

    /// <summary>What the caller sent as <c>x-request-id</c>.</summary>
    public string? RequestId { get; init; }

    /// <summary>The caller's <c>x-tenant-id</c>, or whom the body names as its user.</summary>
    public string? Tenant { get; set; }

    /// <summary>The last four letters of the key.</summary>
    public string? KeyEnd { get; set; }

    public bool Streams { get; set; }

    /// <summary>0 when nothing was answered.</summary>
    public int Status { get; set; }

    /// <summary>What was truly used, up to where it ended; whatever the answer said about it.</summary>
    public Usage Usage { get; set; }

    /// <summary>Whether the answer told the usage: none, part, exact or wrong.</summary>
    public string Told { get; set; } = "none";

    public int Events { get; set; }

    /// <summary>Of the body, without the transfer's own framing.</summary>
    public long Bytes { get; set; }

    /// <summary>Handed over to the last byte, as far as the sandbox can see.</summary>
    public bool IsComplete => End == "complete";

    /// <summary>open, complete, refused, client_left, reset, ended (too early).</summary>
    public string End { get; set; } = "open";

    public long StartedAt { get; init; }

    public long FirstByteAt { get; set; }

    public long EndedAt { get; set; }
}

/// <summary>What all requests for one model used.</summary>
internal sealed class Total
{
    private long _requests;
    private long _complete;
    private long _input;
    private long _cachedInput;
    private long _cacheWrite;
    private long _output;
    private long _costNanos;

    public void Add(Served served)
    {
        Interlocked.Increment(ref _requests);
        if (served.IsComplete) { Interlocked.Increment(ref _complete); }
        Interlocked.Add(ref _input, served.Usage.Input);
        Interlocked.Add(ref _cachedInput, served.Usage.CachedInput);
        Interlocked.Add(ref _cacheWrite, served.Usage.CacheWrite);
        Interlocked.Add(ref _output, served.Usage.Output);
        Interlocked.Add(ref _costNanos, served.Usage.CostNanos ?? 0);
    }

    /// <summary>It was thought complete, and was not.</summary>
    public void Uncomplete() => Interlocked.Decrement(ref _complete);

    public object View() => new
    {
        Requests = Interlocked.Read(ref _requests),
        Complete = Interlocked.Read(ref _complete),
        Input = Interlocked.Read(ref _input),
        CachedInput = Interlocked.Read(ref _cachedInput),
        CacheWrite = Interlocked.Read(ref _cacheWrite),
        Output = Interlocked.Read(ref _output),
        CostNanos = Interlocked.Read(ref _costNanos),
    };
}
