using System.CommandLine;

namespace Wopr.Cli;

/// <summary>Every verb with its words.</summary>
internal static class Commands
{
    public static readonly Option<bool> JsonOption = new("--json") { Description = "Answer with one JSON object a line.", Recursive = true };

    private static readonly Option<string?> s_home = new("--home")
    {
        Description = "The folder of the stack (WOPR_HOME, else .wopr beside the launcher).",
        Recursive = true,
    };

    public static RootCommand Root(Signals signals)
    {
        var stop = signals.Stop;
        return new("WOPR: sell and run AI bots on plain servers.")
        {
            JsonOption,
            s_home,
            Up(signals),
            Verb("down", "Stop everything; the data stays.", (home, screen, _) => DownVerb.RunAsync(home, screen, stop)),
            Verb("status", "What is up, and whether it is ready.", (home, screen, _) => StatusVerb.RunAsync(home, screen, stop)),
            Restart(stop),
            Logs(stop),
            Migrate(stop),
            Admin(stop),
            new Command("config", "The settings.")
            {
                Verb("check", "Name every fault in the settings.", (home, screen, _) =>
                    PlatformVerb.RunAsync(home, screen, ["config", "check"], needsDatabase: false, stop)),
            },
            new Command("audit", "The record of who did what.")
            {
                Verb("verify", "Prove that nobody changed it.", (home, screen, _) =>
                    PlatformVerb.RunAsync(home, screen, ["audit", "verify"], needsDatabase: true, stop)),
            },
            new Command("credits", "The tenants' money.")
            {
                Reconcile(stop),
            },
            Secrets(stop),
            Db(stop),
            Psql(stop),
            Smoke(stop),
            Sandbox(stop),
        };
    }

    private static Command Reconcile(CancellationToken stop)
    {
        var sandbox = Flag("--sandbox", "Compare with the sandbox's payments while there is no Stripe key.");
        return Verb("reconcile", "Work every balance out again, compare payments with Stripe, and name what does not agree.",
            (home, screen, result) => PlatformVerb.RunAsync(home, screen,
                result.GetValue(sandbox) ? ["credits", "reconcile", "--sandbox"] : ["credits", "reconcile"], needsDatabase: true, stop), sandbox);
    }

    private static Command Up(Signals signals)
    {
        var detach = Flag("--detach", "Return when everything is ready, and leave it running.");
        var wipe = Flag("--wipe", "Start with an empty database: everything in it is lost.");
        var yes = Flag("--yes", "Do not ask.");
        var accept = AcceptSessionLoss();
        var background = new Option<bool>("--background") { Hidden = true };
        var email = new Option<string>("--admin-email")
        {
            Description = "The first administrator.",
            DefaultValueFactory = _ => "admin@example.com",
        };
        var standard = new Ports();
        var platform = Port("--platform-port", standard.Platform);
        var dashboard = Port("--dashboard-port", standard.Dashboard);
        var sandbox = Port("--sandbox-port", standard.Sandbox);
        var postgres = Port("--postgres-port", standard.Postgres);
        Option[] words = [detach, wipe, yes, accept, background, email, platform, dashboard, sandbox, postgres];
        return Verb("up", "Bring everything up and keep it up; Ctrl-C stops it.", async (home, screen, parsed) =>
        {
            var ports = new Ports(
                parsed.GetValue(platform), parsed.GetValue(dashboard), parsed.GetValue(sandbox), parsed.GetValue(postgres));
            var options = new UpOptions(ports, parsed.GetValue(wipe), parsed.GetValue(accept), parsed.GetValue(email)!);
            if (options.Wipe && Directory.Exists(home.Postgres) && !parsed.GetValue(yes) && State.Live(home) is null
                && !screen.Confirm($"Everything in the database of {home.Root} will be lost. Go on?"))
            {
                throw new Refusal(Exit.Usage, "Nothing was wiped. Say --yes to wipe without being asked.");
            }
            if (!parsed.GetValue(detach)) { return await UpVerb.RunAsync(home, screen, options, parsed.GetValue(background), signals); }
            string[] passed =
            [
                .. options.Wipe ? (string[])["--wipe", "--yes"] : [],
                .. options.AcceptSessionLoss ? (string[])["--accept-session-loss"] : [],
                "--admin-email", options.AdminEmail, "--platform-port", $"{ports.Platform}", "--dashboard-port", $"{ports.Dashboard}",
                "--sandbox-port", $"{ports.Sandbox}", "--postgres-port", $"{ports.Postgres}",
            ];
            return await UpVerb.DetachAsync(home, screen, options, passed, signals.Stop);
        }, words);
    }

    private static Command Restart(CancellationToken stop)
    {
        var accept = AcceptSessionLoss();
        return Verb("restart", "Start the programs again with the settings as they are now.", (home, screen, parsed) =>
            RestartVerb.RunAsync(home, screen, parsed.GetValue(accept), stop), accept);
    }

    private static Command Logs(CancellationToken stop)
    {
        var name = new Argument<string>("name") { Description = "sandbox, platform, dashboard or postgres." };
        var lines = new Option<int>("--lines", "-n") { Description = "How many of the last lines.", DefaultValueFactory = _ => 100 };
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on with what comes." };
        var command = Verb("logs", "What a program said.", (home, screen, parsed) =>
            LogsVerb.RunAsync(home, screen, parsed.GetValue(name)!, parsed.GetValue(lines), parsed.GetValue(follow), stop), lines, follow);
        command.Add(name);
        return command;
    }

    private static Command Migrate(CancellationToken stop)
    {
        var plan = Flag("--plan", "Show what is pending and change nothing.");
        var to = new Option<string?>("--to") { Description = "Stop after this step, such as auth/0002." };
        var allow = new Option<string?>("--allow-destructive") { Description = "Confirm a step that loses data, by its name." };
        var dump = new Option<string?>("--dump") { Description = "The dump made for it." };
        var accept = AcceptSessionLoss();
        return Verb("migrate", "Bring the database to this build's schema.", (home, screen, parsed) => PlatformVerb.RunAsync(home, screen,
        [
            "migrate",
            .. parsed.GetValue(plan) ? (string[])["--plan"] : [],
            .. parsed.GetValue(to) is { } last ? (string[])["--to", last] : [],
            .. parsed.GetValue(allow) is { } step ? (string[])["--allow-destructive", step] : [],
            .. parsed.GetValue(dump) is { } file ? (string[])["--dump", Path.GetFullPath(file)] : [],
            .. parsed.GetValue(accept) ? (string[])["--accept-session-loss"] : [],
        ], needsDatabase: true, stop), plan, to, allow, dump, accept);
    }

    private static Command Admin(CancellationToken stop)
    {
        var email = new Option<string>("--email") { Description = "The address they sign in with.", Required = true };
        return new("admin", "Administrators.")
        {
            Verb("create", "Make an administrator and show the first password, once.", (home, screen, parsed) =>
                PlatformVerb.RunAsync(home, screen, ["admin", "create", "--email", parsed.GetValue(email)!], needsDatabase: true, stop), email),
        };
    }

    private static Command Secrets(CancellationToken stop)
    {
        var plan = Flag("--plan", "Count what is to be sealed again, and change nothing.");
        return new("secrets", "What is stored encrypted.")
        {
            Verb("rotate", "Seal everything with the new PLATFORM_SECRET.", (home, screen, parsed) => PlatformVerb.RunAsync(home, screen,
                ["secrets", "rotate", .. parsed.GetValue(plan) ? (string[])["--dry-run"] : []], needsDatabase: true, stop), plan),
        };
    }

    private static Command Db(CancellationToken stop)
    {
        var dumpFile = new Argument<string>("file") { Description = "Ends with .sql for plain SQL; otherwise pg_dump's packed format." };
        var loadFile = new Argument<string>("file") { Description = "A dump in either format." };
        var force = Flag("--force", "Replace the data that is there.");
        var dump = Verb("dump", "Write the whole database into a file.", (home, screen, parsed) =>
            DbVerb.DumpAsync(home, screen, parsed.GetValue(dumpFile)!, stop));
        var load = Verb("load", "Load a dump; a file that cannot be loaded changes nothing.", (home, screen, parsed) =>
            DbVerb.LoadAsync(home, screen, parsed.GetValue(loadFile)!, parsed.GetValue(force), stop), force);
        dump.Add(dumpFile);
        load.Add(loadFile);
        return new("db", "The database as a file.") { dump, load };
    }

    private static Command Psql(CancellationToken stop)
    {
        var owner = Flag("--owner", "As the role that owns the schemas.");
        var command = Verb("psql", "Open psql on the database; further words go to psql.", (home, screen, parsed) =>
            DbVerb.PsqlAsync(home, screen, parsed.GetValue(owner), parsed.UnmatchedTokens, stop), owner);
        command.TreatUnmatchedTokensAsErrors = false;
        return command;
    }

    private static Command Smoke(CancellationToken stop)
    {
        var url = new Option<string?>("--url") { Description = "The API to try; the stack's own when left out." };
        return new("smoke", "Try the product from outside.")
        {
            Verb("happy-path", "Sign up, pay, and a bot runs: each step tried for real.", (home, screen, parsed) =>
                SmokeVerb.RunAsync(home, screen, parsed.GetValue(url), stop), url),
        };
    }

    private static Command Sandbox(CancellationToken stop)
    {
        var type = new Argument<string>("event") { Description = "The event, such as checkout.session.completed." };
        var add = new Option<string[]>("--add") { Description = "A field of what is made: resource:field=value. May be repeated." };
        var over = new Option<string[]>("--override") { Description = "The same, for a field that has a usual value." };
        var duplicate = new Option<int>("--duplicate") { Description = "How many more times the event is delivered." };
        var url = new Option<string?>("--url") { Description = "The sandbox; the stack's own when left out." };
        // Whoever types what the Stripe CLI takes is not refused for it.
        var key = new Option<string?>("--api-key") { Hidden = true };
        var trigger = Verb("trigger", StripeTriggerVerb.Help, (home, screen, parsed) => StripeTriggerVerb.RunAsync(home, screen,
            parsed.GetValue(url), new(parsed.GetValue(type)!, parsed.GetValue(add) ?? [], parsed.GetValue(over) ?? [],
                parsed.GetValue(duplicate)), stop), add, over, duplicate, url, key);
        trigger.Add(type);
        return new("sandbox", "The outside world, as development has it.")
        {
            new Command("stripe", "The pretended Stripe.") { trigger },
            Models(stop),
        };
    }

    private static Command Models(CancellationToken stop)
    {
        var words = new Argument<string>("fault") { Description = "Such as 429:5, stall, reset:5, no-usage or crlf,comments; none ends it." };
        var place = new Option<string?>("--place") { Description = "Only under /models/PLACE." };
        var first = new Option<int?>("--first") { Description = "Only the first so many requests." };
        var after = new Option<int?>("--after") { Description = "Not the first so many requests." };
        var probability = new Option<double?>("--probability") { Description = "Only some requests: 0 to 1." };
        var seed = new Option<int?>("--seed") { Description = "Which ones." };
        var url = new Option<string?>("--url") { Description = "The sandbox; the stack's own when left out." };
        var lines = new Option<int>("--lines", "-n") { Description = "How many of the last requests.", DefaultValueFactory = _ => 20 };
        var fault = Verb("fault", SandboxModelsVerb.FaultHelp, (home, screen, parsed) => SandboxModelsVerb.FaultAsync(home, screen,
            parsed.GetValue(url), new(parsed.GetValue(words)!, parsed.GetValue(place), parsed.GetValue(first), parsed.GetValue(after),
                parsed.GetValue(probability), parsed.GetValue(seed)), stop), place, first, after, probability, seed, url);
        fault.Add(words);
        var record = Verb("record", "What the models served.", (home, screen, parsed) =>
            SandboxModelsVerb.RecordAsync(home, screen, parsed.GetValue(url), parsed.GetValue(lines), stop), lines, url);
        return new("models", "The pretended providers of models.") { fault, record };
    }

    private static Command Verb(string name, string help, Func<Home, Screen, ParseResult, Task<int>> run, params Option[] options)
    {
        var command = new Command(name, help);
        foreach (var option in options) { command.Add(option); }
        command.SetAction((parsed, _) => run(Home.At(parsed.GetValue(s_home)), Screen.For(parsed.GetValue(JsonOption)), parsed));
        return command;
    }

    private static Option<bool> Flag(string name, string help) => new(name) { Description = help };

    private static Option<bool> AcceptSessionLoss() =>
        Flag("--accept-session-loss", "BETTER_AUTH_SECRET was changed on purpose: everybody has to sign in again.");

    private static Option<int> Port(string name, int standard) =>
        new(name) { Description = "Where it listens; decided when the settings are first made.", DefaultValueFactory = _ => standard };
}
