namespace Wopr.Sandbox.Stripe;

/// <summary>How a payment ends: nothing to say, a decline, or a question to the card's holder.</summary>
internal sealed record Decline(string Code, string? Reason, string Message)
{
    public static readonly Decline Generic = new("card_declined", "generic_decline", "Your card was declined.");
    public static readonly Decline Funds = new("card_declined", "insufficient_funds", "Your card has insufficient funds.");
    public static readonly Decline Expired = new("expired_card", null, "Your card has expired.");
    public static readonly Decline Authentication = new("authentication_required", "authentication_required",
        "Your card was declined. This transaction requires authentication.");

    private static readonly Decline[] s_all =
    [
        Generic, Funds, Expired, Authentication,
        new("card_declined", "lost_card", "Your card was declined."),
        new("card_declined", "stolen_card", "Your card was declined."),
        new("incorrect_cvc", "incorrect_cvc", "Your card's security code is incorrect."),
        new("processing_error", "processing_error", "An error occurred while processing your card. Try again in a little bit."),
    ];

    public static Decline? Named(string? name) => Array.Find(s_all, decline => name is not null && (decline.Reason ?? decline.Code) == name);
}

/// <summary>Stripe's test cards, and amounts that fail as the card numbers that they look like.</summary>
internal sealed record Card(string Brand, string Last4, string? Fails = null, bool FailsWhenAttached = false, bool Disputed = false)
{
    public const string Visa = "pm_card_visa";

    public static readonly Dictionary<string, Card> ByName = new(StringComparer.Ordinal)
    {
        [Visa] = new("visa", "4242"),
        ["pm_card_visa_debit"] = new("visa", "5556"),
        ["pm_card_mastercard"] = new("mastercard", "4444"),
        ["pm_card_amex"] = new("amex", "8431"),
        ["pm_card_discover"] = new("discover", "9424"),
        ["pm_card_chargeDeclined"] = new("visa", "0002", "generic_decline", FailsWhenAttached: true),
        ["pm_card_visa_chargeDeclined"] = new("visa", "0002", "generic_decline", FailsWhenAttached: true),
        ["pm_card_chargeDeclinedInsufficientFunds"] = new("visa", "9995", "insufficient_funds", FailsWhenAttached: true),
        ["pm_card_visa_chargeDeclinedInsufficientFunds"] =
            new("visa", "9995", "insufficient_funds", FailsWhenAttached: true),
        ["pm_card_chargeDeclinedExpiredCard"] = new("visa", "0069", "expired_card", FailsWhenAttached: true),
        ["pm_card_chargeDeclinedIncorrectCvc"] = new("visa", "0127", "incorrect_cvc", FailsWhenAttached: true),
        ["pm_card_chargeDeclinedProcessingError"] = new("visa", "0119", "processing_error", FailsWhenAttached: true),
        ["pm_card_chargeCustomerFail"] = new("visa", "0341", "generic_decline"),
        ["pm_card_authenticationRequired"] = new("visa", "3155", "authentication_required"),
        ["pm_card_createDispute"] = new("visa", "0259", Disputed: true),
    };

    public static Decline? ForAmount(long cents) => cents switch
    {
        400_002 => Decline.Generic,
        409_995 => Decline.Funds,
        403_155 => Decline.Authentication,
        _ => null,
    };
}
