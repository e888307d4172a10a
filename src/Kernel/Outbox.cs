using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Wopr.Kernel;

/// <summary>A small JSON message that one module sends to those to its right, or to its own background work.</summary>
public interface IOutboxMessage
{
    /// <summary>Stable: rows written by the previous build are read by the next.</summary>
    static abstract string Topic { get; }
}

/// <param name="Id">The same at every attempt, so it serves as the key of an idempotent call.</param>
/// <param name="Attempt">1 at first.</param>
/// <param name="IsLast">When this attempt fails, the message is parked.</param>
public sealed record OutboxDelivery(Guid Id, int Attempt, bool IsLast);

/// <summary>
/// Receives a message at least once, in no order, and one copy of it at a time. It is given half a minute, then its
/// token is cancelled, which it must obey; what it throws brings the message back later.
/// </summary>
public interface IHandle<in TMessage> where TMessage : IOutboxMessage
{
    Task HandleAsync(TMessage message, OutboxDelivery delivery, CancellationToken ct);
}

/// <summary>A delivery that failed for a reason people may read: the sentence is stored beside the message.</summary>
public sealed class DeliveryException(string sentence, bool isFinal, Exception? inner = null) : Exception(sentence, inner)
{
    /// <summary>Trying again would change nothing, so the message is parked at once.</summary>
    public bool IsFinal { get; } = isFinal;
}

/// <summary>
/// Messages written in the caller's transaction and delivered after it commits, at least once, by whichever replica
/// is free. A message that keeps failing is parked: it stays, with the reason, and blocks nobody.
/// </summary>
public sealed class Outbox(TimeProvider time)
{
    internal const string Channel = "outbox";
    private const int BodyCharsMax = 64 * 1024;

    internal static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public Task SendAsync<T>(Db tx, T message, CancellationToken ct) where T : IOutboxMessage
    {
        var body = JsonSerializer.Serialize(message, Json);
        if (body.Length > BodyCharsMax)
        {
            throw new ArgumentException($"A message of {T.Topic} is too large. Send the id of a row.", nameof(message));
        }
        return OutboxSql.InsertAsync(tx, Guid.CreateVersion7(time.GetUtcNow()), T.Topic, body, ct);
    }
}

public static class OutboxHandlers
{
    public static void AddOutboxHandler<TMessage, THandler>(this IServiceCollection services)
        where TMessage : IOutboxMessage where THandler : class, IHandle<TMessage>
    {
        services.TryAddSingleton<THandler>();
        services.AddSingleton(provider => new OutboxRoute(TMessage.Topic, typeof(THandler).FullName!, (body, delivery, ct) =>
            provider.GetRequiredService<THandler>().HandleAsync(
                JsonSerializer.Deserialize<TMessage>(body, Outbox.Json)!, delivery, ct)));
    }
}

internal sealed record OutboxRoute(string Topic, string Handler, Func<string, OutboxDelivery, CancellationToken, Task> Handle);

/// <summary>How fast the outbox works; tests hurry it.</summary>
internal sealed record OutboxPace
{
    public int Workers { get; init; } = 8;
    public int AttemptsMax { get; init; } = 20;
    public TimeSpan PollEvery { get; init; } = TimeSpan.FromSeconds(5);
    public TimeSpan HandleMax { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a claimed message is nobody else's; well over <see cref="HandleMax"/>, so claims never overlap.</summary>
    public TimeSpan ClaimFor { get; init; } = TimeSpan.FromSeconds(60);

    public TimeSpan RetryFirst { get; init; } = TimeSpan.FromSeconds(2);
    public TimeSpan RetryMax { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Doubles with each attempt; the jitter keeps messages that failed together from coming back together.</summary>
    public TimeSpan RetryAfter(int attempt, double jitter)
    {
        var wait = RetryFirst * Math.Pow(2, Math.Min(attempt - 1, 30));
        return (wait < RetryMax ? wait : RetryMax) * (0.5 + (jitter / 2));
    }
}
