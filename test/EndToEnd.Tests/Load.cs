using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;

namespace Wopr.EndToEnd.Tests;

/// <summary>One request of the load: what it did, and how it ended.</summary>
/// <param name="Name">What was written, unique among all writes; null for a read.</param>
/// <param name="Status">Null when the connection failed.</param>
internal sealed record Done(string Kind, string? Name, TimeSpan Began, TimeSpan Took, HttpStatusCode? Status, string Told)
{
    public bool IsGood => Status is not null && (int)Status is >= 200 and < 300;

    public override string ToString() => $"{Kind} at {Began.TotalSeconds:0.00} s: {Status?.ToString() ?? "no answer"} {Told}";
}

/// <summary>People who write and read all the time, until told to stop.</summary>
internal sealed class Load : IAsyncDisposable
{
    private const int Writers = 6;
    private const int TokensPerOrganization = 20;
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(25);

    private readonly long _began = Stopwatch.GetTimestamp();
    private readonly ConcurrentQueue<Done> _done = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Caller> _people = [];
    private readonly List<Task> _loops = [];

    public IReadOnlyList<Done> Done => [.. _done];

    public TimeSpan Now => Stopwatch.GetElapsedTime(_began);

    public IEnumerable<Done> Failed => _done.Where(done => !done.IsGood);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static async Task<Load> StartAsync(params Uri[] addresses)
    {
        var load = new Load();
        for (var index = 0; index < Writers; index++)
        {
            var writer = await new Caller(addresses[index % addresses.Length]).SignUpAsync($"writer{index}@example.com");
            var reader = writer.At(addresses[(index + 1) % addresses.Length]);
            load._people.AddRange([writer, reader]);
            var name = $"w{index}";
            load._loops.Add(Task.Run(() => load.WriteAsync(writer, name), Ct));
            if (index % 2 == 0) { load._loops.Add(Task.Run(() => load.ReadAsync(reader), Ct)); }
        }
        return load;
    }

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_loops);
    }

    /// <summary>Every write that was answered is there once, and no other is there twice.</summary>
    public async Task CheckWritesAsync(Stack stack)
    {
        foreach (var (kind, sql) in ((string, string)[])
            [("token", "select name from auth.api_token"), ("org", "select name from auth.tenant where kind = 'organization'")])
        {
            await CheckAsync(stack, kind, sql);
        }
        await CheckAsync(stack, "token", "select details ->> 'name' from audit.event where action = 'auth.token_created'");

        foreach (var writes in _done.Where(done => done.Kind == "profile").GroupBy(done => done.Name!.Split('-')[0]))
        {
            var inOrder = writes.OrderBy(write => write.Began).ToList();
            var lastGood = inOrder.FindLastIndex(write => write.IsGood);
            var possible = inOrder.Skip(Math.Max(lastGood, 0)).Select(write => write.Name!);
            var email = $"writer{writes.Key[1..]}@example.com";
            var now = (await stack.ReadAsync($"select name from auth.user where email = '{email}'")).Single();
            Assert.Contains(now, lastGood < 0 ? possible.Append("Test User") : possible);
        }
    }

    public string Told(string of)
    {
        var failures = string.Join(", ", Failed.GroupBy(done => $"{done.Status?.ToString() ?? "no answer"}").Select(same => $"{same.Count()} × {same.Key}"));
        var slowest = _done.Max(done => done.Took);
        return $"{of}: {_done.Count} requests in {Now.TotalSeconds:0.0} s, {_done.Count(done => done is { IsGood: true, Name: not null })} "
            + $"writes answered, failed: {(failures.Length == 0 ? "none" : failures)}, slowest {slowest.TotalMilliseconds:0} ms";
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        foreach (var person in _people) { person.Dispose(); }
        _stop.Dispose();
    }

    private async Task CheckAsync(Stack stack, string kind, string sql)
    {
        var there = (await stack.ReadAsync(sql)).CountBy(name => name).ToDictionary();
        var wrong = _done.Where(done => done.Kind == kind).Where(done => done.IsGood
            ? there.GetValueOrDefault(done.Name!) != 1
            : there.GetValueOrDefault(done.Name!) > 1);
        Assert.Empty(wrong);
    }

    private async Task WriteAsync(Caller writer, string name)
    {
        for (var round = 0; !_stop.IsCancellationRequested; round++)
        {
            writer.TenantId = null;
            var org = await DoAsync("org", $"{name}-o{round}", text => writer.PostAsync("/api/orgs", new { name = text }));
            await DoAsync("profile", $"{name}-p{round}", text => writer.PostAsync("/api/auth/update-user", new { name = text }));
            if (org is not { IsGood: true }) { continue; }
            writer.TenantId = org.Text("id");
            for (var index = 0; index < TokensPerOrganization && !_stop.IsCancellationRequested; index++)
            {
                await DoAsync("token", $"{name}-t{round}-{index}",
                    text => writer.PostAsync("/api/tokens", new { name = text, scope = "read" }));
            }
        }
    }

    private async Task ReadAsync(Caller reader)
    {
        while (!_stop.IsCancellationRequested)
        {
            await DoAsync("session", null, _ => reader.GetAsync("/api/auth/get-session"));
            await DoAsync("tokens", null, _ => reader.GetAsync("/api/tokens"));
            await DoAsync("trpc", null, _ => reader.GetAsync("/trpc/billing.creditsBalance"));
        }
    }

    private async Task<Answer?> DoAsync(string kind, string? name, Func<string, Task<Answer>> ask)
    {
        var began = Now;
        try
        {
            var answer = await ask(name ?? "");
            _done.Enqueue(new(kind, name, began, Now - began, answer.Status, answer.IsGood ? "" : answer.Raw));
            return answer;
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            _done.Enqueue(new(kind, name, began, Now - began, null, error.Message));
            return null;
        }
        catch (OperationCanceledException) when (!Ct.IsCancellationRequested)
        {
            _done.Enqueue(new(kind, name, began, Now - began, HttpStatusCode.RequestTimeout, "hung"));
            return null;
        }
        finally
        {
            await Task.Delay(s_pause, Ct);
        }
    }
}
