namespace Wopr.Client;

/// <summary>The Platform's API, one property a subject. A refusal is a value; nothing here throws for one.</summary>
public sealed class PlatformClient
{
    public PlatformClient(HttpClient http, Caller caller)
    {
        var wire = new PlatformWire(http, caller);
        Account = new(wire);
        Security = new(wire);
        Billing = new(wire);
        Webhooks = new(wire);
        Credits = new(wire);
        Gateway = new(wire);
        Fleet = new(wire);
        Chat = new(wire);
        Organizations = new(wire);
        Tokens = new(wire);
        Admin = new(wire);
    }

    public AccountClient Account { get; }
    public SecurityClient Security { get; }
    public BillingClient Billing { get; }
    public WebhookClient Webhooks { get; }
    public CreditAdminClient Credits { get; }
    public GatewayClient Gateway { get; }
    public FleetClient Fleet { get; }
    public ChatClient Chat { get; }
    public OrganizationClient Organizations { get; }
    public TokenClient Tokens { get; }
    public AdminClient Admin { get; }
}
