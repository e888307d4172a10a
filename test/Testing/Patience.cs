namespace Wopr.Testing;

/// <summary>
/// How long a test waits for what must come. Long, because a machine that does much else is slow and time proves nothing;
/// a test that passes never waits for it.
/// </summary>
public static class Patience
{
    public static readonly TimeSpan Max = TimeSpan.FromMinutes(3);
}
