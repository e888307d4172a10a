using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Wopr.Kernel;

public sealed class VaultOptions : ISettings
{
    private const int SecretLengthMin = 32;

    [Setting("PLATFORM_SECRET", "The root of the keys that encrypt tenants' secrets; never sent anywhere.",
        Secret = true, Required = true)]
    public string Secret { get; set; } = "";

    [Setting("PLATFORM_SECRET_PREVIOUS",
        "Further roots that still open what they sealed, separated by commas. To change the root without downtime: put "
        + "the next one here on every replica, then exchange the two on every replica, run secrets rotate, remove this.",
        Secret = true)]
    public string[] PreviousSecrets { get; set; } = [];

    public IEnumerable<string> Faults(bool production)
    {
        if (Secret.Length is > 0 and < SecretLengthMin)
        {
            yield return "PLATFORM_SECRET must be 32 characters or longer: openssl rand -hex 32.";
        }
        if (PreviousSecrets.Any(secret => secret.Length < SecretLengthMin))
        {
            yield return "PLATFORM_SECRET_PREVIOUS holds a secret shorter than 32 characters. Separate secrets by commas.";
        }
    }
}

public static class VaultSetup
{
    public static void AddVault(this IHostApplicationBuilder builder, SettingsReader settings)
    {
        var options = settings.Read<VaultOptions>();
        builder.Services.AddSingleton(_ => new Vault(options.Secret, options.PreviousSecrets));
        builder.Services.AddSingleton<Resealer>();
        builder.Services.AddHostedService<ResealAtStart>();
    }
}
