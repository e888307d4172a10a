namespace Wopr.Audit.Tests;

public sealed class AuditEntryTests
{
    private static readonly AuditEntry s_entry = new(
        1, DateTimeOffset.UnixEpoch, "user", "a", "b", null, "c", "d", null, null);

    [Fact]
    public void Rows_that_differ_anywhere_hash_differently()
    {
        AuditEntry[] entries =
        [
            s_entry,
            s_entry with { Id = 2 },
            s_entry with { At = DateTimeOffset.UnixEpoch.AddMicroseconds(1) },
            s_entry with { ActorKind = "token" },
            s_entry with { ActorId = "ab", UserId = "" },
            s_entry with { ActorId = "", UserId = "ab" },
            s_entry with { UserId = null, TenantId = "b" },
            s_entry with { TenantId = "" },
            s_entry with { Action = "cd", Target = "" },
            s_entry with { Details = "" },
            s_entry with { IpAddress = "" },
        ];

        Assert.Equal(entries.Length, entries.Select(entry => Convert.ToHexString(entry.Hash())).Distinct().Count());
    }

    [Fact]
    public void The_hash_is_the_same_for_ever() => Assert.Equal(
        "eccd7225dd474af0313ced67adb7642b1d19b3c54093440bfa276f00bc8900c1", Convert.ToHexStringLower(s_entry.Hash()));

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("a\0b", "a\uFFFDb")]
    [InlineData("abcdefgh", "abcdef")]
    [InlineData("abcde😀", "abcde\uFFFD")]
    public void Text_that_cannot_be_kept_is_mended(string text, string kept) =>
        Assert.Equal(kept, AuditLog.Clean(text, lengthMax: 6));

    [Fact]
    public void Half_a_character_is_mended() => Assert.Equal("\uFFFD", AuditLog.Clean("\ud800", lengthMax: 6));
}
