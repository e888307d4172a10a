using Wopr.Kernel;

namespace Wopr.Notices;

public sealed class NoticesOptions : ISettings
{
    [Setting("RESEND_API_KEY",
        "Sends mail through Resend, once your domain is verified there. Without it, mail goes to the sandbox.",
        Secret = true, RequiredInProduction = true)]
    public string? ApiKey { get; set; }

    [Setting("RESEND_BASE_URL", "Where Resend's API is.")]
    public Uri BaseUrl { get; set; } = new("https://api.resend.com");

    [Setting("RESEND_FROM", "The sender of mail: an address, or a name with the address in angle brackets.")]
    public string? From { get; set; }

    [Setting("RESEND_FROM_EMAIL", "The sender's address, when RESEND_FROM is not set.")]
    public string FromEmail { get; set; } = "noreply@wopr.bot";

    [Setting("RESEND_REPLY_TO", "Where answers to mail go.")]
    public string ReplyTo { get; set; } = "support@wopr.bot";

    [Setting("SANDBOX_URL", "The stand-in for the outside world in development.")]
    public Uri SandboxUrl { get; set; } = new("http://localhost:3900");

    internal string Sender => From ?? $"WOPR <{FromEmail}>";

    internal Uri SendUrl => new($"{(UsesSandbox ? SandboxUrl : BaseUrl).AbsoluteUri.TrimEnd('/')}/emails");

    internal string Bearer => UsesSandbox ? "sandbox" : ApiKey!;

    // Production never comes here without a real key: the start is refused.
    private bool UsesSandbox => ApiKey is null || SettingsReader.IsPlaceholder(ApiKey);

    public IEnumerable<string> Faults(bool production)
    {
        if (!Sender.Contains('@')) { yield return "RESEND_FROM must contain an e-mail address."; }
        if (!ReplyTo.Contains('@')) { yield return "RESEND_REPLY_TO must be an e-mail address."; }
        if (production && BaseUrl.Scheme != Uri.UriSchemeHttps)
        {
            yield return "RESEND_BASE_URL must begin with https:// in production.";
        }
    }
}
