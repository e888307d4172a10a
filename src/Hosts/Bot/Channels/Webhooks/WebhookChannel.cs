using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Wopr.Protocol;

namespace Wopr.Bot.Channels.Webhooks;

/// <summary>
/// Programs talk with the bot: what they post comes through the platform, and the bot posts its replies to their address.
/// Both are signed with one secret.
/// </summary>
internal sealed class WebhookChannel : Channel
{
    private const string Secret = "secret";
    private const string Url = "url";
    private const int SecretMin = 16;
    private const int FieldMax = 200;
    private const int TriesMax = 8;
    private const string Shape = """Send JSON like {"text": "Hello", "conversation": "optional", "sender": "optional"}.""";

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(10);

    private readonly string _secret;
    private readonly Uri? _url;
    private readonly ChannelContext _context;
    private readonly SeenSignatures _seen;
    private readonly Lazy<HttpClient> _http;

    public WebhookChannel(IReadOnlyDictionary<string, string> settings, ChannelContext context)
    {
        _secret = settings[Secret];
        _url = settings.GetValueOrDefault(Url) is { } url ? new(url) : null;
        _context = context;
        _seen = new(context.Time);
        _http = new(() => PublicNetwork.Client(context.MayCallPrivate));
    }

    public static ChannelKindInfo Kind { get; } = new(ChannelKind.Webhook, DropsDoubles: true,
        [
            new(Secret, IsSecret: true, IsRequired: true, value => value.Length >= SecretMin
                ? null
                : "Take a secret of at least 16 letters that nobody can guess."),
            new(Url, IsSecret: false, IsRequired: false, value => Uri.TryCreate(value, UriKind.Absolute, out var url)
                && url.Scheme is "https" or "http" && url.UserInfo.Length == 0
                ? null
                : "The address for replies begins with https:// and has no name or password in it."),
        ],
        (settings, context) => new WebhookChannel(settings, context),
        new SendLimits(TriesMax, TimeSpan.FromMinutes(5), TimeSpan.FromHours(1)));

    public override int TextMax => 32_000;

    public override bool CanSend => _url is not null;

    public override async Task RunAsync(ChannelDoor door, CancellationToken ct)
    {
        door.Connected(Account);
        await Task.Delay(Timeout.InfiniteTimeSpan, _context.Time, ct);
    }

    /// <summary>What somebody posted, when it is signed.</summary>
    public ChannelMessage Read(HookAsk ask)
    {
        if (WebhookSignature.Fault(_secret, ask.Signature, ask.Body, _context.Time.GetUtcNow()) is { } fault)
        {
            throw ChannelRefusals.HookSignature(fault);
        }
        try
        {
            using var body = JsonDocument.Parse(ask.Body);
            var text = Field(body.RootElement, "text");
            if (string.IsNullOrWhiteSpace(text)) { throw ChannelRefusals.HookBody(Shape); }
            var conversation = Field(body.RootElement, "conversation") is { Length: > 0 } named ? named : "main";
            var sender = Field(body.RootElement, "sender") is { Length: > 0 } who ? who : "webhook";
            if (conversation.Length > FieldMax || sender.Length > FieldMax) { throw ChannelRefusals.HookBody(Shape); }
            var delivery = ask.Delivery is { Length: > 0 and <= FieldMax } given
                ? given
                : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(ask.Signature!)));
            return new(_seen.DeliveryOf(Signed(ask), delivery), conversation, sender, text);
        }
        catch (Exception unread) when (unread is JsonException or InvalidOperationException) { throw ChannelRefusals.HookBody(Shape); }
    }

    public override async Task SendAsync(ChannelPiece piece, CancellationToken ct)
    {
        var body = Body(piece);
        using HttpRequestMessage request = new(HttpMethod.Post, _url);
        request.Headers.UserAgent.ParseAdd("wopr-bot/1");
        request.Headers.Add(WebhookSignature.DeliveryHeader, piece.Nonce);
        request.Headers.Add(WebhookSignature.Header, WebhookSignature.Of(_secret, _context.Time.GetUtcNow(), body));
        var answer = await ChannelHttp.AskAsync(_context, "The address for replies", request, body, s_limit, ct, _http.Value);
        if (answer.IsGood) { return; }
        throw answer.Status switch
        {
            HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError =>
                new ChannelException($"The address for replies answered {(int)answer.Status}.", retryAfter: answer.RetryAfter),
            >= HttpStatusCode.MultipleChoices and < HttpStatusCode.BadRequest => new(
                "The address for replies leads to another one, which is not followed. Put in the last address.", isFinal: true),
            _ => new($"The address for replies refused this with {(int)answer.Status}.", isFinal: true),
        };
    }

    /// <summary>Nobody is called: there is nothing that could be posted for a test.</summary>
    public override async Task<string> TestAsync(CancellationToken ct)
    {
        if (_url is not null && !_context.MayCallPrivate) { await PublicNetwork.ResolveAsync(_url.DnsSafeHost, ct); }
        return Account;
    }

    public override ValueTask DisposeAsync()
    {
        if (_http.IsValueCreated) { _http.Value.Dispose(); }
        return base.DisposeAsync();
    }

    private string Account => _url is null ? "hears only" : _url.Host;

    // The MAC of time and body: other ways to write the header do not make it another request.
    private static string Signed(HookAsk ask)
    {
        var time = ask.Signature!.Split(',', StringSplitOptions.TrimEntries).Last(part => part.StartsWith("t=", StringComparison.Ordinal));
        return $"{time} {Convert.ToHexStringLower(SHA256.HashData(ask.Body))}";
    }

    private static string? Field(JsonElement body, string name) =>
        body.ValueKind == JsonValueKind.Object && body.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    private static byte[] Body(ChannelPiece piece)
    {
        using MemoryStream bytes = new();
        using (Utf8JsonWriter json = new(bytes))
        {
            json.WriteStartObject();
            json.WriteString("text", piece.Text);
            json.WriteString("conversation", piece.Conversation);
            if (piece.ReplyTo is { } message) { json.WriteString("replyTo", message); }
            json.WriteEndObject();
        }
        return bytes.ToArray();
    }
}
