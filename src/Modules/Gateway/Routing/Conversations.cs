namespace Wopr.Gateway.Routing;

/// <summary>
/// Who served a conversation last, because that provider has its beginning in its cache. Half a megabyte, whatever
/// happens: a new conversation takes the place of an old one.
/// </summary>
internal sealed class Conversations
{
    private const int Slots = 1 << 16;
    private const ulong TagMask = ~0xFFFFUL;

    private readonly ulong[] _slots = new ulong[Slots];

    public void Remember(ulong conversation, string provider)
    {
        if (conversation == 0) { return; }
        var mixed = Mix(conversation);
        Volatile.Write(ref _slots[mixed % Slots], (mixed & TagMask) | Short(provider));
    }

    public bool Served(ulong conversation, string provider)
    {
        var mixed = Mix(conversation);
        return conversation != 0 && Volatile.Read(ref _slots[mixed % Slots]) == ((mixed & TagMask) | Short(provider));
    }

    /// <summary>The same on every replica: equals share conversations among them, and each keeps its own.</summary>
    public static ulong Preference(ulong conversation, string provider) =>
        conversation == 0 ? 0 : Mix(conversation ^ Hash(provider));

    private static ulong Short(string provider) => Hash(provider) >> 48;

    private static ulong Hash(string text)
    {
        var hash = 14695981039346656037UL;
        foreach (var letter in text) { hash = (hash ^ letter) * 1099511628211UL; }
        return Mix(hash);
    }

    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9UL;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EBUL;
        return value ^ (value >> 31);
    }
}
