using System.Text.Json.Nodes;

namespace Wopr.Sandbox.Slack;

/// <summary>Events on their way: each is delivered again until it is acknowledged or was delivered too often.</summary>
internal sealed class SlackDeliveries(TimeProvider time)
{
    private const int OpenMax = 10_000;
    private static readonly TimeSpan s_lookAgain = TimeSpan.FromMilliseconds(20);

    private readonly Bounded<TaskCompletionSource> _open = new(OpenMax);
    private int _acknowledged;
    private int _lost;
    private int _turn;

    public int Open => _open.List().Count;
    public int Acknowledged => _acknowledged;
    public int Lost => _lost;

    /// <param name="times">The same event, so often: as when an acknowledgement came too late.</param>
    public void Send(SlackApp app, JsonObject payload, int times)
    {
        for (var time = 0; time < times; time++) { _ = DeliverAsync(app, payload.ToJsonString(ChatJson.Writing), time); }
    }

    public void Acknowledge(string envelope)
    {
        if (_open.TryTake(envelope, out var waiting)) { waiting.TrySetResult(); }
    }

    private async Task DeliverAsync(SlackApp app, string payload, int attempt)
    {
        var envelope = Guid.CreateVersion7(time.GetUtcNow()).ToString();
        var waiting = _open.GetOrAdd(envelope, () => new(TaskCreationOptions.RunContinuationsAsynchronously));
        var retries = app.Faults.Retries;
        for (var tries = 0; ; tries++)
        {
            var began = time.GetTimestamp();
            var patience = TimeSpan.FromMilliseconds(app.Faults.AckMs);
            var line = await LineAsync(app, began, patience);
            line?.Send(new()
            {
                ["envelope_id"] = envelope,
                ["payload"] = JsonNode.Parse(payload),
                ["type"] = "events_api",
                ["accepts_response_payload"] = false,
                ["retry_attempt"] = attempt + tries,
                ["retry_reason"] = attempt + tries == 0 ? "" : "timeout",
            });
            try
            {
                await waiting.Task.WaitAsync(line is null ? TimeSpan.Zero : patience, time);
                Interlocked.Increment(ref _acknowledged);
                return;
            }
            catch (TimeoutException) when (tries < retries.Count)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(retries[tries]), time);
            }
            catch (TimeoutException)
            {
                _open.TryTake(envelope, out _);
                Interlocked.Increment(ref _lost);
                return;
            }
        }
    }

    // Any of the app's connections; an app that is between two gets it over the next.
    private async Task<LiveSocket?> LineAsync(SlackApp app, long began, TimeSpan patience)
    {
        while (true)
        {
            var lines = app.OpenLines();
            if (lines.Count > 0) { return lines[(int)((uint)Interlocked.Increment(ref _turn) % (uint)lines.Count)]; }
            if (time.GetElapsedTime(began) > patience) { return null; }
            await Task.Delay(s_lookAgain, time);
        }
    }
}
