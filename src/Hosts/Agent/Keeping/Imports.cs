using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Wopr.Agent.Running;
using Wopr.Protocol;

namespace Wopr.Agent.Keeping;

/// <summary>
/// Takes an archive in pieces, has the bot's program unpack it as the bot's own user, and puts what came of it where the
/// data of the bot's next generation are looked for. Which generation counts is the platform's to say.
/// </summary>
internal sealed class Imports(NodeBots bots, Spawner spawner, TimeProvider time, ILogger logger) : IDisposable
{
    public const long BytesMax = 256L << 20;
    private const int PieceBytesMax = 600_000;

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    private readonly SemaphoreSlim _turn = new(1, 1);

    public async Task<ImportLength> TakeAsync(ImportPiece piece, CancellationToken ct)
    {
        var folder = (bots.Find(piece.BotId) ?? throw RestingBots.Unknown()).Folder;
        if (piece.Bytes.Length > PieceBytesMax || piece.Offset < 0 || piece.Offset + piece.Bytes.Length > BytesMax)
        {
            throw Refused("import.too_large", $"An archive has at most {BytesMax >> 20} MB.");
        }
        await _turn.WaitAsync(ct);
        try
        {
            var path = folder.ImportFile(piece.ImportId);
            folder.Create();
            // One at a time for a bot; what another left behind is of no use.
            if (!File.Exists(path)) { folder.DropImports(); }
            await using var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write);
            if (piece.Offset != file.Length) { return new(file.Length); }
            file.Position = piece.Offset;
            await file.WriteAsync(piece.Bytes, CancellationToken.None);
            return new(file.Length);
        }
        catch (IOException) { throw NoRoom(); }
        finally
        {
            _turn.Release();
        }
    }

    public async Task<ArchiveTaken> ImportAsync(ImportAsk ask, CancellationToken ct)
    {
        var keeper = bots.Find(ask.BotId) ?? throw RestingBots.Unknown();
        var (folder, next) = (keeper.Folder, ask.Generation + 1);
        await _turn.WaitAsync(ct);
        try
        {
            await CheckAsync(folder.ImportFile(ask.ImportId), ask, ct);
            var uid = await UidAsync(keeper, ask.Generation, ct);
            var staged = folder.Stage(next, uid);
            var taken = await UnpackAsync(folder, staged, ask, uid, ct);
            // Only here it must be at rest: unpacking is slow and touches nothing that counts.
            using (await keeper.RestAsync(ask.Generation, yields: false, ct)) { folder.KeepStaged(ask.BotId, next, uid); }
            Log.Imported(logger, keeper.Name, next, taken.Sessions);
            return taken;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException) { throw NoRoom(); }
        finally
        {
            folder.DropImports();
            folder.DropStaged(next);
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private static async Task<int?> UidAsync(BotKeeper keeper, int generation, CancellationToken ct)
    {
        using var rest = await keeper.RestAsync(generation, yields: false, ct);
        return rest.Uid;
    }

    private static async Task CheckAsync(string file, ImportAsk ask, CancellationToken ct)
    {
        if (!File.Exists(file) || new FileInfo(file).Length != ask.Length) { throw Torn(); }
        await using var archive = File.OpenRead(file);
        if (!Convert.ToHexStringLower(await SHA256.HashDataAsync(archive, ct)).Equals(ask.Sha256, StringComparison.Ordinal)) { throw Torn(); }
    }

    private async Task<ArchiveTaken> UnpackAsync(BotFolder folder, string staged, ImportAsk ask, int? uid, CancellationToken ct)
    {
        await using var archive = File.OpenRead(folder.ImportFile(ask.ImportId));
        var process = spawner.StartOnce(folder, staged, ask.BotId, ask.Generation + 1, uid, "import");
        await foreach (var line in new OneShot(process, time).RunAsync(archive, s_patience, ct))
        {
            var answer = RestingBots.Read(line);
            if (answer.Problem is { } problem) { throw new LinkRefusedException(problem); }
            if (answer.Answer?.Deserialize(WireJson.Default.ArchiveTaken) is { } taken) { return taken; }
        }
        throw new LinkRefusedException(new("node.ask_failed", "The bot's program failed. Its log says why."));
    }

    private static LinkRefusedException Torn() => Refused("import.torn", "The archive did not arrive whole. Send it again.");

    private static LinkRefusedException NoRoom() =>
        new(new("import.no_room", "The bot's machine cannot keep the archive at the moment. Try again later.", IsPassing: true));

    private static LinkRefusedException Refused(string code, string sentence) => new(new(code, sentence));
}
