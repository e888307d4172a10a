using Wopr.Kernel;

namespace Wopr.Auth;

public sealed class SocialOptions : ISettings
{
    [Setting("GITHUB_CLIENT_ID", "Turns on signing in with GitHub, together with its secret.")]
    public string? GitHubClientId { get; set; }

    [Setting("GITHUB_CLIENT_SECRET", "The secret of the GitHub application.", Secret = true)]
    public string? GitHubClientSecret { get; set; }

    [Setting("GITHUB_BASE_URL", "Where GitHub is; for an enterprise server or the sandbox.")]
    public Uri GitHubBaseUrl { get; set; } = new("https://github.com");

    [Setting("GITHUB_API_URL", "Where GitHub's API is.")]
    public Uri GitHubApiUrl { get; set; } = new("https://api.github.com");

    [Setting("GOOGLE_CLIENT_ID", "Turns on signing in with Google, together with its secret.")]
    public string? GoogleClientId { get; set; }

    [Setting("GOOGLE_CLIENT_SECRET", "The secret of the Google application.", Secret = true)]
    public string? GoogleClientSecret { get; set; }

    [Setting("GOOGLE_BASE_URL", "Replaces all of Google's addresses by one host; for the sandbox.")]
    public Uri? GoogleBaseUrl { get; set; }

    public IEnumerable<string> Faults(bool production)
    {
        if (GitHubClientId is null != GitHubClientSecret is null)
        {
            yield return "GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET belong together: set both or neither.";
        }
        if (GoogleClientId is null != GoogleClientSecret is null)
        {
            yield return "GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET belong together: set both or neither.";
        }
        if (production && GoogleBaseUrl is not null) { yield return "GOOGLE_BASE_URL must not be set in production."; }
    }
}
