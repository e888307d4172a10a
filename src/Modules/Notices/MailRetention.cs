using Wopr.Kernel;

namespace Wopr.Notices;

/// <summary>The record of mail answers "did it go out"; nobody asks that after three months.</summary>
internal sealed class MailRetention(Db db) : IJob
{
    private static readonly TimeSpan s_age = TimeSpan.FromDays(90);

    public Task RunAsync(CancellationToken ct) => MailSql.DeleteOldAsync(db, s_age, ct);
}
