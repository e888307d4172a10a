using System.Globalization;
using Wopr.Credits.Simulation;

return await Simulate.RunAsync(args);

namespace Wopr.Credits.Simulation
{
    internal static class Simulate
    {
        private const int SeedsDefault = 2000;
        private const int MutationSeeds = 200;
        private const int TailLines = 60;

        public static async Task<int> RunAsync(string[] args)
        {
            if (Number(args, "--seed") is { } seed) { return await ReplayAsync(seed); }
            if (args.Contains("--mutations")) { return Mutants.Run(Number(args, "--seeds") ?? MutationSeeds, Text(args, "--only")); }
            var first = Number(args, "--from") ?? 1;
            var (failures, ran) = await Seeds.RunAsync(first, Number(args, "--seeds") ?? SeedsDefault, stopAtFirst: args.Contains("--first"), CancellationToken.None);
            foreach (var failure in failures.OrderBy(failure => failure.Seed))
            {
                Console.WriteLine($"seed {failure.Seed}: {failure.Law}");
                if (failure == failures[0]) { foreach (var line in failure.Trace.Lines.TakeLast(TailLines)) { Console.WriteLine(line); } }
            }
            Console.WriteLine($"{ran} seeds, {failures.Count} broke a law. Replay one with ./wopr simulate ledger --seed N.");
            return failures.Count == 0 ? 0 : 1;
        }

        private static async Task<int> ReplayAsync(int seed)
        {
            await using var lane = await Lane.CreateAsync(CancellationToken.None);
            Trace trace = new();
            var broken = World.Run(seed, lane, trace);
            foreach (var line in trace.Lines) { Console.WriteLine(line); }
            Console.WriteLine(broken is null ? $"seed {seed}: all laws hold." : $"seed {seed}: {broken}");
            return broken is null ? 0 : 1;
        }

        private static int? Number(string[] args, string name) =>
            Text(args, name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;

        private static string? Text(string[] args, string name)
        {
            var at = Array.IndexOf(args, name);
            return at >= 0 && at + 1 < args.Length ? args[at + 1] : null;
        }
    }
}
