using Wopr.Kernel;

namespace Wopr.Gateway.Keys;

internal sealed class KeyCleaning(Db db, TimeProvider time) : IJob
{
    public Task RunAsync(CancellationToken ct) => UseSql.CleanAsync(db, time.GetUtcNow(), ct);
}
