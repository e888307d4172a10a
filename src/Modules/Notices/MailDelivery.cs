using Wopr.Kernel;

namespace Wopr.Notices;

/// <summary>Hands queued mail to the provider. A repeated delivery carries the same key, so it is not sent twice.</summary>
internal sealed class MailDelivery(Db db, ResendClient resend) : IHandle<MailQueued>
{
    public async Task HandleAsync(MailQueued message, OutboxDelivery delivery, CancellationToken ct)
    {
        if (await MailSql.FindQueuedAsync(db, message.Mail, ct) is not { } mail) { return; }
        try
        {
            var providerId = await resend.SendAsync(mail.Id, mail.To, MailTemplate.Of(mail.Template).Render(mail.Values), ct);
            await MailSql.SentAsync(db, mail.Id, delivery.Attempt, providerId, ct);
        }
        catch (DeliveryException error)
        {
            var isFinal = error.IsFinal || delivery.IsLast;
            await MailSql.NotSentAsync(db, mail.Id, delivery.Attempt, error.Message, isFinal, ct);
            throw;
        }
    }
}
