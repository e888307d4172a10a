using Wopr.Client;
using Wopr.Dashboard.Http;

namespace Wopr.Dashboard.Pages.Bots;

/// <summary>The fields of a bot.</summary>
internal static class BotForm
{
    public const int KeyCharsMax = 64;

    public static Form New(string image) => Form.Of(
        ("key", NewKey()), ("image", image), ("zone", "UTC"), ("resource", "standard"), ("storage", "standard"));

    public static Form Of(BotView bot) => Form.Of(
        ("name", bot.Name), ("description", bot.Description), ("model", bot.Model), ("zone", bot.TimeZone),
        ("resource", bot.ResourceTier), ("storage", bot.StorageTier));

    /// <summary>Null when something is missing, which the form then says.</summary>
    public static NewBot? ReadNew(Form form)
    {
        var name = form.Required("name", "Give your bot a name.").Trim();
        var image = form.Required("image", "Name the image that the bot runs.").Trim();
        return form.IsRefused ? null : new(
            name, image, form["description"].Trim(), Text(form, "model"), Text(form, "zone"), form["resource"], form["storage"]);
    }

    /// <summary>The same, as another request: a refusal is not repeated from memory.</summary>
    public static Form Again(Form form) => form.With("key", NewKey());

    /// <summary>One per form that was shown, so that a second press of its button makes no second bot.</summary>
    public static string Key(Form form) => form["key"] is { Length: > 0 and <= KeyCharsMax } key && key.All(char.IsAsciiLetterOrDigit) ? key : NewKey();

    public static string NewKey() => System.Security.Cryptography.RandomNumberGenerator.GetHexString(32, lowercase: true);

    public static string? Text(Form form, string field) => form.Trimmed(field) is { Length: > 0 } text ? text : null;
}
