namespace Wopr.Dashboard.Layout;

/// <summary>
/// What a page may be told to announce after a redirect: by name, so that no link can put words in our mouth.
/// </summary>
internal static class News
{
    public static string? Of(string? name) => name switch
    {
        "signed-out" => "You are signed out.",
        "name" => "Your name was saved.",
        "email" => "We sent a link to confirm the change. Open it to finish.",
        "verification" => "We sent you a new link. It works for 24 hours.",
        "password" => "Your password was changed.",
        "reset" => "Your password was changed. Sign in with the new one.",
        "session" => "That session was ended.",
        "sessions" => "You are signed out everywhere else.",
        "two-factor-off" => "Two-factor sign-in is off.",
        "deletion" => "Your account is marked for deletion. You can change your mind until the day it happens.",
        "deletion-cancelled" => "Your account stays.",
        "organization" => "The organisation was created.",
        "invited" => "The invitation was sent.",
        "role" => "The role was changed.",
        "member-removed" => "The member was removed.",
        "withdrawn" => "The invitation was withdrawn.",
        "joined" => "You are a member now.",
        "token-revoked" => "The token was revoked. It stops working at once.",
        "key-changed" => "The key was changed. It holds from now on.",
        "key-revoked" => "The key was revoked. It stops working at once.",
        "payment-stopped" => "Nothing was paid. You can choose again whenever you like.",
        "top-up" => "Your top-up settings were saved.",
        "top-up-on" => "Automatic top-up is on again.",
        "limits" => "Your limits were saved. They hold from now on.",
        "webhook-deleted" => "The webhook was deleted. Nothing is sent to it any more.",
        "webhook-on" => "The webhook is on again.",
        "webhook-test" => "A test event is on its way. It shows below in a moment.",
        "webhook-again" => "The event is sent again. It shows below in a moment.",
        "adjusted" => "The balance was adjusted.",
        "granted" => "The credits were given.",
        "frozen" => "The money is frozen. Nothing paid can start.",
        "unfrozen" => "The money can be used again.",
        "event-applied" => "The payment was applied.",
        "event-dismissed" => "The event was dismissed.",
        "refunded" => "Stripe took the refund. The credits go when Stripe confirms it.",
        "suspended" => "The account is suspended.",
        "reactivated" => "The account is active again.",
        _ => null,
    };
}
