using System.Text;

namespace Wopr.Bot.Archive;

/// <summary>
/// A header of the tar format, as plain as it gets: a short name, a size, a file or a folder. Links, long names and
/// whatever else tar can do have no place in an archive of a bot, so they are not read at all.
/// </summary>
internal readonly record struct TarHeader(string Path, long Length, bool IsFolder)
{
    public const int BlockBytes = 512;
    private const int NameBytes = 100;
    private const int SizeAt = 124;
    private const int SumAt = 148;
    private const int KindAt = 156;
    private const int MagicAt = 257;
    private const int PrefixAt = 345;

    public static int PaddingOf(long length) => (int)((BlockBytes - (length % BlockBytes)) % BlockBytes);

    public byte[] ToBlock(DateTimeOffset at)
    {
        var block = new byte[BlockBytes];
        Put(block, 0, Path);
        Put(block, 100, "0000600");
        Put(block, 108, "0000000");
        Put(block, 116, "0000000");
        Put(block, SizeAt, Octal(Length, 11));
        Put(block, 136, Octal(at.ToUnixTimeSeconds(), 11));
        block[KindAt] = (byte)'0';
        Put(block, MagicAt, "ustar\00000");
        Put(block, SumAt, $"{Octal(Sum(block), 6)}\0 ");
        return block;
    }

    /// <summary>Null when the archive ends here.</summary>
    /// <exception cref="ArchiveException">It is none, or one of a kind that is not taken.</exception>
    public static TarHeader? Read(ReadOnlySpan<byte> block)
    {
        if (!block.ContainsAnyExcept((byte)0)) { return null; }
        if (!block[MagicAt..].StartsWith("ustar"u8) || Number(block.Slice(SumAt, 8)) != Sum(block)) { throw ArchiveException.Foreign(); }
        var path = Text(block[..NameBytes]);
        // Whoever writes a prefix has names that are longer than any of ours.
        if (block[PrefixAt] != 0) { throw ArchiveException.Unknown(path); }
        return block[KindAt] switch
        {
            (byte)'0' or 0 => new(path, Number(block.Slice(SizeAt, 12)), IsFolder: false),
            (byte)'5' => new(path, 0, IsFolder: true),
            (byte)'1' or (byte)'2' => throw ArchiveException.HasLink(path),
            _ => throw ArchiveException.Unknown(path),
        };
    }

    private static void Put(byte[] block, int at, string text) => Encoding.ASCII.GetBytes(text, block.AsSpan(at));

    private static string Octal(long number, int digits) => Convert.ToString(number, 8).PadLeft(digits, '0');

    private static string Text(ReadOnlySpan<byte> field)
    {
        var end = field.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? field : field[..end]);
    }

    private static long Number(ReadOnlySpan<byte> field)
    {
        long number = 0;
        foreach (var sign in Text(field).Trim())
        {
            if (sign is < '0' or > '7') { throw ArchiveException.Foreign(); }
            number = (number * 8) + (sign - '0');
        }
        return number;
    }

    // Counted with spaces where the sum itself stands.
    private static long Sum(ReadOnlySpan<byte> block)
    {
        long sum = 0;
        for (var at = 0; at < BlockBytes; at++) { sum += at is >= SumAt and < SumAt + 8 ? ' ' : block[at]; }
        return sum;
    }
}

/// <summary>What an archive is like that is not taken, in a sentence for whoever sent it.</summary>
internal sealed class ArchiveException(string code, string sentence) : Exception(sentence)
{
    public string Code => $"import.{code}";

    public static ArchiveException Foreign() => new("foreign",
        "This is no archive of a bot. Choose a file that \"Export\" of a bot made.");

    public static ArchiveException Unknown(string path) => new("unknown_file",
        $"The archive holds {Shown(path)}, which no bot has. Choose a file that \"Export\" of a bot made, unchanged.");

    public static ArchiveException HasLink(string path) => new("link",
        $"The archive holds a link, {Shown(path)}, and links are not taken. Choose a file that \"Export\" of a bot made, unchanged.");

    public static ArchiveException Torn() => new("torn",
        "The archive is not whole: its end is missing or damaged. Export or download it again.");

    public static ArchiveException Changed(string path) => new("changed",
        $"{Shown(path)} in the archive is not what was exported: its checksum is wrong. Export it again.");

    public static ArchiveException Damaged(string path) => new("damaged",
        $"{Shown(path)} in the archive cannot be read by a bot. Export it again.");

    public static ArchiveException TooLarge(string what) => new("too_large", $"The archive is too large: {what}.");

    public static ArchiveException Newer() => new("newer",
        "The archive was made by a newer release. Update this bot first, then import it.");

    private static string Shown(string path)
    {
        var plain = new string([.. path.Where(sign => !char.IsControl(sign))]);
        return plain.Length <= 80 ? plain : $"{plain[..80]}…";
    }
}
