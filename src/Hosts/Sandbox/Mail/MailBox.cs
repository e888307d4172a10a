using System.Text.Json;

namespace Wopr.Sandbox.Mail;

internal sealed record SentMail(string Id, string From, string[] To, string Subject, string Text, string Html, string[] ReplyTo,
    DateTimeOffset CreatedAt);

/// <summary>A sender's key, and what it sent under it.</summary>
internal sealed record KeyedMail(string Body, string MailId);

/// <summary>Mail that would have gone out.</summary>
internal sealed class MailBox(TimeProvider time)
{
    private readonly Bounded<SentMail> _mails = new();
    private readonly Bounded<KeyedMail> _keys = new();

    /// <summary>Null when the key was used before for another mail.</summary>
    public SentMail? Send(string? key, string body, JsonElement mail)
    {
        var id = Guid.CreateVersion7(time.GetUtcNow()).ToString();
        if (key is not null)
        {
            var keyed = _keys.GetOrAdd(key, () => new(body, id));
            if (keyed.Body != body) { return null; }
            id = keyed.MailId;
        }
        return _mails.GetOrAdd(id, () => new(id, Text(mail, "from"), Texts(mail, "to"), Text(mail, "subject"), Text(mail, "text"),
            Text(mail, "html"), Texts(mail, "reply_to"), time.GetUtcNow()));
    }

    public bool TryGet(string id, out SentMail? mail) => _mails.TryGet(id, out mail);

    public List<SentMail> NewestFirst(string? to)
    {
        var mails = _mails.List();
        mails.Reverse();
        return to is null ? mails : mails.FindAll(mail => IsTo(mail, to));
    }

    public void Forget(string? to) => _mails.RemoveWhere(mail => to is null || IsTo(mail, to));

    private static bool IsTo(SentMail mail, string to) => mail.To.Contains(to, StringComparer.OrdinalIgnoreCase);

    private static string Text(JsonElement mail, string name) =>
        mail.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    internal static string[] Texts(JsonElement mail, string name) => !mail.TryGetProperty(name, out var value) ? []
        : value.ValueKind switch
        {
            JsonValueKind.String => [value.GetString()!],
            JsonValueKind.Array => [.. value.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.String)
                .Select(item => item.GetString()!)],
            _ => [],
        };
}
