using System.Globalization;
using System.Net;
using System.Text.Json;

namespace Wopr.Bot.Model;

/// <summary>What a person reads when the model does not answer.</summary>
internal static class Sentences
{
    public const string Nonsense = "The model's answer could not be read. Try again.";
    public const string CutOff = "The model's answer broke off. Try again.";
    public const string Unreachable = "The model cannot be reached at the moment. Try again in a minute.";
    public const string Silent = "The model took too long to answer. Try again.";
    public const string Stalled = "The model stopped in the middle of its answer. Try again.";
    public const string Empty = "The model said nothing. Try again, or say it differently.";
    public const string NoKey = "This bot has no model to talk to yet. Restart it; if that does not help, ask the operator.";

    private const int WordsMax = 300;

    public static ModelException Of(HttpStatusCode status, TimeSpan? wait, ReadOnlySpan<byte> body) => (int)status switch
    {
        402 => new("Your credits do not cover this. Buy credits, then try again.", canRetry: true),
        401 or 403 => new("The bot's key for the models was refused. Restart the bot to give it a new one, then try again.",
            canRetry: true),
        404 => new($"The bot's model is not offered. Choose another one.{Words(body)}", canRetry: false),
        413 => new("This conversation is too long for the model. Begin a new one.", canRetry: false),
        408 => new(Silent, canRetry: true),
        429 when wait is { TotalSeconds: > 1 and < 86_400 } => new(string.Create(CultureInfo.InvariantCulture,
            $"The models are asked too much at the moment. Try again in {Time(wait.Value)}."), canRetry: true),
        429 => new("The models are asked too much at the moment. Try again in a minute.", canRetry: true),
        >= 500 => new("The model does not work at the moment. Try again in a minute.", canRetry: true),
        _ => new($"The model did not accept this.{Words(body)}", canRetry: false),
    };

    // The gateway cleans what it passes on; here it is only kept short.
    private static string Words(ReadOnlySpan<byte> body)
    {
        try
        {
            var words = JsonSerializer.Deserialize(body, ChunkJson.Default.ErrorBody)?.Error?.Message?.ReplaceLineEndings(" ").Trim();
            if (string.IsNullOrEmpty(words)) { return ""; }
            return $" It said: {(words.Length > WordsMax ? $"{words[..WordsMax]}…" : words)}";
        }
        catch (JsonException) { return ""; }
    }

    private static string Time(TimeSpan wait) => wait.TotalSeconds < 100
        ? string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(wait.TotalSeconds)} seconds")
        : string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(wait.TotalMinutes)} minutes");
}
