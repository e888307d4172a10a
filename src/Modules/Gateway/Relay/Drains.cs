namespace Wopr.Gateway.Relay;

/// <summary>
/// How many answers may be read to their end for nobody. What is beyond is cut off and estimated: a caller that leaves
/// again and again must not hold every connection to a provider.
/// </summary>
internal sealed class Drains(GatewayOptions options)
{
    private int _running;

    public int Running => Volatile.Read(ref _running);

    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _running) <= options.DrainsMax) { return true; }
        Interlocked.Decrement(ref _running);
        return false;
    }

    public void Leave() => Interlocked.Decrement(ref _running);
}
