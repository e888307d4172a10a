namespace Wopr.Dashboard.Pages.Billing;

/// <summary>What movements, capabilities and other names of the Platform are called on a page.</summary>
internal static class Kinds
{
    public static (string Value, string Text)[] Movements { get; } =
    [
        ("purchase", "Bought credits"), ("subscription", "Monthly credits"), ("top_up", "Automatic top-up"), ("bonus", "Bonus"),
        ("grant", "Gift"), ("usage", "Used by requests"), ("runtime", "A bot's day"), ("storage", "Storage"), ("refund", "Refund"),
        ("dispute", "Payment taken back"), ("reinstatement", "Payment came back"), ("repayment", "Debt repaid"),
        ("adjustment", "Correction"), ("expiry", "Gift ended"), ("shortfall", "Written off by us"),
    ];

    public static string Movement(string kind) => Movements.FirstOrDefault(known => known.Value == kind).Text ?? Plain(kind);

    public static string Capability(string name) => name switch
    {
        "runtime" => "Bots running",
        "storage" => "Storage",
        _ => name,
    };

    public static string Plain(string name) => name.Replace('_', ' ').Replace('.', ' ');
}
