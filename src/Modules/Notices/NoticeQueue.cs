using System.Text.Json;
using Wopr.Kernel;

namespace Wopr.Notices;

/// <summary>
/// Sends mail that is promised by the caller's transaction: it goes out after the commit, and a rollback sends
/// nothing. Trying again, and not sending twice, is this module's work.
/// </summary>
#pragma warning disable CA1711 // A queue is what it is.
public sealed class NoticeQueue(Outbox outbox, TimeProvider time)
#pragma warning restore CA1711
{
    private const int AddressCharsMax = 254;

    /// <exception cref="ArgumentException">The template is unknown, or a value that it needs is missing.</exception>
    public async Task SendAsync(Db tx, Notice notice, CancellationToken ct)
    {
        if (notice.To.Length is 0 or > AddressCharsMax || !notice.To.Contains('@') || notice.To.Any(char.IsControl))
        {
            throw new ArgumentException("A mail needs an address to go to.", nameof(notice));
        }
        var values = MailTemplate.Of(notice.Template).Take(notice.Values);
        var id = Guid.CreateVersion7(time.GetUtcNow());
        await tx.TransactAsync(async both =>
        {
            await MailSql.InsertAsync(both, id, notice.To, notice.Template, JsonSerializer.Serialize(values), ct);
            await outbox.SendAsync(both, new MailQueued(id), ct);
            return Done.Instance;
        }, ct);
    }

    /// <summary>Erases the record of mail to somebody who leaves; what was not sent yet is not sent any more.</summary>
#pragma warning disable CA1822 // An instance, so that whoever erases here says so in its constructor.
    public Task ForgetAsync(Db tx, string to, CancellationToken ct) => MailSql.DeleteToAsync(tx, to, ct);
#pragma warning restore CA1822
}

/// <summary>The values stay in the mail's row, where they are erased once it is sent.</summary>
internal sealed record MailQueued(Guid Mail) : IOutboxMessage
{
    public static string Topic => "notices.mail";
}
