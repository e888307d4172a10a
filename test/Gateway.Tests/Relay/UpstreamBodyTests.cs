using Wopr.Gateway.Relay;

namespace Wopr.Gateway.Tests.Relay;

public sealed class UpstreamBodyTests : IDisposable
{
    private readonly MemoryStream _wire = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _wire.Dispose();

    [Fact]
    public async Task What_was_kept_back_does_not_go_out()
    {
        using UpstreamBody body = new("question"u8.ToArray());

        Assert.True(body.TryKeepBack());

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => body.CopyToAsync(_wire, Ct));
        Assert.Equal((false, true, 0), (body.IsSent, body.IsKeptBack, _wire.Length));
    }

    [Fact]
    public async Task What_went_out_cannot_be_kept_back()
    {
        using UpstreamBody body = new("question"u8.ToArray());
        await body.CopyToAsync(_wire, Ct);

        Assert.False(body.TryKeepBack());

        Assert.Equal((true, false, 8), (body.IsSent, body.IsKeptBack, _wire.Length));
        // On a connection that had died, it goes out once more.
        await body.CopyToAsync(_wire, Ct);
    }
}
