using System.Globalization;
using Wopr.Protocol;

namespace Wopr.Bot;

/// <summary>Every refusal of the bot: a stable code and a sentence that says what to do.</summary>
internal static class Refusals
{
    public static LinkRefusedException SessionName() => new(new("session.invalid_name",
        "A session's name is 1 to 64 letters, digits, dots, dashes or underscores, and does not begin with a dot."));

    public static LinkRefusedException Unreadable(string name) => new(new("session.unreadable",
        $"The file of session {name} cannot be read. Take it away or mend its rights, then restart the bot."));

    public static LinkRefusedException TooManySessions(int max) => new(new("session.too_many",
        string.Create(CultureInfo.InvariantCulture, $"A bot keeps {max} sessions. Delete one, then try again.")));

    public static LinkRefusedException NoLease() => new(new("bot.no_lease",
        "The bot may not work at the moment, because it has not heard from the platform. Ask again in a few seconds.", IsPassing: true));

    public static LinkRefusedException AtRest() => new(new("bot.at_rest",
        "The bot does not run. Start it first.", IsPassing: true));

    public static LinkRefusedException BadAsk() => new(new("bot.bad_ask",
        "What was asked cannot be read. Bring the agent and the bot to the same release."));

    public static LinkRefusedException Stopping() => new(new("bot.stopping",
        "The bot is stopping. Ask again when it is back.", IsPassing: true));

    public static LinkRefusedException Busy() => new(new("bot.busy",
        "Too much is waiting for this bot. Ask again when it has answered some of it.", IsPassing: true));

    public static LinkRefusedException NoText() => new(new("turn.no_text", "Write something first."));

    public static LinkRefusedException TooLong(int max) => new(new("turn.too_long",
        string.Create(CultureInfo.InvariantCulture, $"A message may have {max:N0} characters. Shorten it.")));

    public static LinkRefusedException OtherSession() => new(new("turn.other_session",
        "There is a turn with this id in another session. Give the message an id of its own."));

    public static LinkRefusedException UnknownTurn() => new(new("turn.unknown", "The bot has no such turn."));

    public static LinkRefusedException NotKept(StorageException fault) => new(new("bot.storage", fault.Message, IsPassing: true));

    public static LinkRefusedException FilePath() => new(new("file.invalid_path",
        "There are memory/SOUL.md, memory/USER.md, memory/MEMORY.md and skills/NAME.md, and no other files."));

    public static LinkRefusedException NoFile(string path) => new(new("file.not_found", $"There is no {path}."));

    public static LinkRefusedException FileChanged(string path) => new(new("file.changed",
        $"{path} was changed meanwhile. Read it again, then make your change."));

    public static LinkRefusedException FileTooLong(int maxKb) => new(new("file.too_long",
        string.Create(CultureInfo.InvariantCulture, $"A file may have {maxKb} KB. Shorten it.")));

    public static LinkRefusedException TooManySkills(int max) => new(new("file.too_many",
        string.Create(CultureInfo.InvariantCulture, $"A bot has at most {max} skills. Delete one first.")));

    public static LinkRefusedException FileForeign(string path) => new(new("file.not_plain",
        $"{path} is a link or not a plain file, so it is neither read nor written. Delete it, then write it anew."));

    public static LinkRefusedException NotYours() => new(new("file.not_yours",
        "You may change USER.md and MEMORY.md. SOUL.md is changed by your owner only."));

    public static LinkRefusedException Schedule(string why) => new(new("schedule.invalid", why));

    public static LinkRefusedException TooManySchedules(int max) => new(new("schedule.too_many",
        string.Create(CultureInfo.InvariantCulture, $"A bot has at most {max} schedules. Delete one first.")));

    public static LinkRefusedException ToolServer(string why) => new(new("tools.invalid", why));

    public static LinkRefusedException TooManyToolServers(int max) => new(new("tools.too_many",
        string.Create(CultureInfo.InvariantCulture, $"A bot has at most {max} servers of tools. Delete one first.")));
}
