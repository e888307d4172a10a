using System.Buffers.Text;
using System.Text;

namespace Wopr.Kernel.Tests;

public sealed class PageTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(10)]
    [InlineData(100)]
    public void Following_the_cursors_shows_every_row_once(int limit)
    {
        long[] rows = [.. Enumerable.Range(1, 25).Select(number => (long)number)];
        List<string> seen = [];
        string? cursor = null;
        do
        {
            Assert.True(Paging<long>.Parse(cursor, limit).Succeeded(out var paging, out _));
            var part = rows.Where(row => paging.IsFirst || row > paging.After).Take(paging.Fetch).ToArray();
            var page = paging.Of(part, row => row, row => $"{row}");
            Assert.True(page.Items.Count <= limit);
            seen.AddRange(page.Items);
            cursor = page.NextCursor;
        }
        while (cursor is not null);

        Assert.Equal(rows.Select(row => $"{row}"), seen);
    }

    [Theory]
    [InlineData("!")]
    [InlineData("AAA")]
    [InlineData("_w")]
    [InlineData("AA")]
    [InlineData("eA")]
    [InlineData("MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkw")]
    public void A_cursor_we_did_not_give_is_a_problem(string cursor)
    {
        Assert.False(Paging<long>.Parse(cursor, null).Succeeded(out _, out var problem));
        Assert.Equal("invalid_cursor", problem.Code);
    }

    [Fact]
    public void No_rubbish_throws()
    {
        var random = new Random(4711);
        for (var round = 0; round < 2000; round++)
        {
            var bytes = new byte[random.Next(0, 600)];
            random.NextBytes(bytes);
            foreach (var cursor in (string[])[Base64Url.EncodeToString(bytes), Encoding.Latin1.GetString(bytes)])
            {
                _ = Paging<long>.Parse(cursor, 10);
                _ = Paging<string>.Parse(cursor, 10);
                _ = Paging<Guid>.Parse(cursor, 10);
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(101)]
    public void A_limit_out_of_range_is_a_problem(int limit)
    {
        Assert.False(Paging<long>.Parse(null, limit).Succeeded(out _, out var problem));
        Assert.Equal("invalid_limit", problem.Code);
    }

    [Fact]
    public void Fifty_rows_unless_told_otherwise()
    {
        Assert.True(Paging<long>.Parse("", null).Succeeded(out var paging, out _));
        Assert.Equal(50, paging.Limit);
        Assert.True(paging.IsFirst);
    }
}
