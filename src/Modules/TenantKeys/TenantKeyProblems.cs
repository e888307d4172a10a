using Wopr.Kernel;

namespace Wopr.TenantKeys;

internal static class TenantKeyProblems
{
    public static Problem UnknownProvider { get; } = new(ProblemKind.Invalid, "tenant_keys.unknown_provider",
        $"Invalid provider. Use one of {string.Join(", ", KeyProviders.Names)}.");

    public static Problem OtherProvider { get; } = new(ProblemKind.Invalid, "tenant_keys.other_provider",
        "The body names another provider than the address.");

    public static Problem Missing { get; } = new(ProblemKind.NotFound, "tenant_keys.not_found",
        "No key is stored for this provider.");

    public static Problem Unusable { get; } = new(ProblemKind.Invalid, "tenant_keys.unusable",
        $"A key has 1 to {TenantKeyStore.KeyLengthMax} characters and no spaces. Copy it from the provider's page again.");

    public static Problem LongLabel { get; } = new(ProblemKind.Invalid, "tenant_keys.label_too_long",
        $"A label has at most {TenantKeyStore.LabelLengthMax} characters and no control characters.");
}
