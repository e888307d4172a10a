namespace Wopr.Sandbox.Stripe;

/// <summary>What goes wrong on the way to a webhook, on demand.</summary>
/// <param name="Duplicate">How many more times each event is sent.</param>
/// <param name="Reorder">Events of one moment arrive last first.</param>
/// <param name="DelayMs">How long each event is held back.</param>
/// <param name="Lose">How many of the next events never arrive.</param>
internal sealed record DeliverySettings(int Duplicate = 0, bool Reorder = false, int DelayMs = 0, int Lose = 0)
{
    public string? Fault() =>
        Duplicate is < 0 or > 100 ? "duplicate must be from 0 to 100."
        : DelayMs is < 0 or > 3_600_000 ? "delay_ms must be from 0 to 3600000."
        : Lose < 0 ? "lose must not be negative."
        : null;
}

/// <summary>One attempt, or the decision not to make one.</summary>
internal sealed record Attempt(
    string Event, string Type, string Url, int Number, DateTimeOffset At, string State, int? Status, string? Error);

internal sealed class Delivery(string eventId, string type, string body)
{
    public string EventId { get; } = eventId;
    public string Type { get; } = type;
    public string Body { get; } = body;
    public int Attempts { get; set; }

    /// <summary>Ends with the first attempt, whatever came of it.</summary>
    public TaskCompletionSource Tried { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
