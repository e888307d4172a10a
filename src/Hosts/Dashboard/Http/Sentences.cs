using System.Text.RegularExpressions;
using Wopr.Kernel;

namespace Wopr.Dashboard.Http;

/// <summary>What the Platform's refusals are called on a page, and which field each is about.</summary>
internal static partial class Sentences
{
    private static readonly string[] s_code = ["code"];
    private static readonly string[] s_email = ["newEmail", "email"];
    private static readonly string[] s_newPassword = ["newPassword", "password"];
    private static readonly string[] s_password = ["currentPassword", "password"];

    public static (string[] Fields, string Sentence) Of(Problem problem) => problem.Code switch
    {
        "INVALID_EMAIL_OR_PASSWORD" =>
            (s_password, "This e-mail and password do not belong together. Check both and try again."),
        "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL" or "USER_ALREADY_EXISTS" =>
            (s_email, "There is an account with this e-mail already. Sign in, or use another address."),
        "PASSWORD_TOO_SHORT" => (s_newPassword, "Use at least 8 characters."),
        "PASSWORD_TOO_LONG" => (s_newPassword, "Use at most 128 characters."),
        "INVALID_PASSWORD" => (s_password, "That is not your current password."),
        "INVALID_TOKEN" or "TOKEN_EXPIRED" => ([], "This link has expired or was used already. Ask for a new one."),
        "INVALID_CODE" or "INVALID_TWO_FACTOR_CODE" =>
            (s_code, "That code is not right. Wait for the next one and try again."),
        "INVALID_BACKUP_CODE" => (s_code, "That is not one of your unused backup codes."),
        "INVALID_TWO_FACTOR_COOKIE" or "TWO_FACTOR_COOKIE_EXPIRED" => ([], "This took too long. Sign in again."),
        "EMAIL_NOT_VERIFIED" => (s_email, "Confirm your e-mail first: open the link we sent you."),
        "route.not_found" or "trpc.no_procedure" => ([], "This server does not offer that yet."),
        "deletion.bad_phrase" => (["phrase"], Sentence(problem.Detail)),
        "org.bad_email" or "org.member_already" => (s_email, Sentence(problem.Detail)),
        "gateway.bad_key_name" => (["name"], Sentence(problem.Detail)),
        "gateway.bad_key_models" => (["models"], Sentence(problem.Detail)),
        "org.bad_name" => (["name"], Sentence(problem.Detail)),
        "fleet.bad_name" =>
            (["name"], "Use letters, digits, hyphens and underscores, at most 63, and begin with a letter or a digit."),
        "fleet.bad_description" => (["description"], Sentence(problem.Detail)),
        "fleet.bad_image" or "fleet.image_not_allowed" => (["image"], Sentence(problem.Detail)),
        "fleet.bad_model" => (["model"], "Give the name of a model, such as openai/gpt-4o-mini."),
        "fleet.bad_time_zone" => (["zone"], "Give the name of a time zone, such as Europe/Berlin."),
        "fleet.storage_in_use" => (["storage"], Sentence(problem.Detail)),
        "fleet.message_too_long" => (["text"], Sentence(problem.Detail)),
        // Where to buy them is a link beside it.
        "insufficient_credits" => ([], Sentence(problem.Detail.Split(" Buy credits at")[0])),
        "fleet.bad_bot_id" => ([], "There is no such bot."),
        "VALIDATION_ERROR" => OfField(problem.Detail),
        _ => ([], Sentence(problem.Detail)),
    };

    // better-auth's form: "[body.email] Invalid email address; [body.name] …".
    private static (string[] Fields, string Sentence) OfField(string detail)
    {
        var match = FieldIssue().Match(detail);
        if (!match.Success) { return ([], Sentence(detail)); }
        var field = match.Groups["field"].Value;
        return field is "email" or "newEmail"
            ? (s_email, "Enter a full e-mail address, such as you@example.com.")
            : ([field], Sentence(match.Groups["issue"].Value));
    }

    private static string Sentence(string detail)
    {
        var text = detail.Trim();
        return text.Length == 0 || ".!?".Contains(text[^1], StringComparison.Ordinal) ? text : text + ".";
    }

    [GeneratedRegex(@"\[body\.(?<field>\w+)\] (?<issue>[^;]+)")]
    private static partial Regex FieldIssue();
}
