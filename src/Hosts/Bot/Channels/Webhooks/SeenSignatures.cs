namespace Wopr.Bot.Channels.Webhooks;

/// <summary>
/// The signatures of the last minutes and the delivery each came with: whoever overheard a request and sends it again under
/// another delivery sends the same message.
/// </summary>
internal sealed class SeenSignatures(TimeProvider time)
{
    private const int KeptMax = 2_000;

    // Twice the tolerance of a signature's time: it may be of the future.
    private static readonly TimeSpan s_kept = TimeSpan.FromMinutes(10);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, string> _deliveries = new(StringComparer.Ordinal);
    private readonly Queue<(string Signature, DateTimeOffset At)> _order = new();

    public string DeliveryOf(string signature, string delivery)
    {
        var now = time.GetUtcNow();
        lock (_gate)
        {
            while (_order.TryPeek(out var oldest) && (now - oldest.At > s_kept || _order.Count >= KeptMax))
            {
                _deliveries.Remove(_order.Dequeue().Signature);
            }
            if (_deliveries.TryGetValue(signature, out var first)) { return first; }
            _deliveries[signature] = delivery;
            _order.Enqueue((signature, now));
            return delivery;
        }
    }
}
