namespace Wopr.Sandbox.Stripe;

/// <summary>What was answered under a key; while there is no answer, the work is under way.</summary>
internal sealed class KeyedAnswer(string fingerprint, string requestId, DateTimeOffset until)
{
    public string Fingerprint => fingerprint;
    public string RequestId => requestId;
    public DateTimeOffset Until => until;
    public (int Status, string Body)? Answer { get; set; }
}

/// <summary>Stripe's rule: the same key and request give the same answer for a day, and never do the work twice.</summary>
internal sealed class IdempotencyKeys(TimeProvider time)
{
    private const int LettersMax = 255;
    private static readonly TimeSpan s_kept = TimeSpan.FromDays(1);

    private readonly Bounded<KeyedAnswer> _keys = new(10_000);

    /// <summary>The place for this caller's answer, or the answer that is there (<c>IsFirst</c> false).</summary>
    public (KeyedAnswer Keyed, bool IsFirst) Begin(string key, string caller, string fingerprint, string requestId)
    {
        if (key.Length > LettersMax)
        {
            throw StripeRefusal.Idempotency(400, $"Idempotency keys must be at most {LettersMax} characters long.");
        }
        var now = time.GetUtcNow();
        var name = $"{caller}\n{key}";
        if (_keys.TryGet(name, out var old) && old.Until < now) { _keys.TryTake(name, out _); }
        var mine = new KeyedAnswer(fingerprint, requestId, now + s_kept);
        var keyed = _keys.GetOrAdd(name, () => mine);
        if (keyed == mine) { return (mine, true); }
        if (keyed.Fingerprint != fingerprint)
        {
            throw StripeRefusal.Idempotency(400, "Keys for idempotent requests can only be used with the same parameters they were "
                + $"first used with. Try using a key other than '{key}' if you meant to execute a different request.");
        }
        return keyed.Answer is not null ? (keyed, false) : throw StripeRefusal.Idempotency(409,
            "There is currently another in-progress request using this Stripe idempotency key (that probably means you submitted "
            + $"twice, and the other request is still going through): {key}. Please try again later.", "idempotency_key_in_use");
    }

    /// <summary>The work was not begun: the key is free for another try.</summary>
    public void Forget(string key, string caller) => _keys.TryTake($"{caller}\n{key}", out _);
}
