using Wopr.Audit;
using Wopr.Kernel;
using Wopr.Testing;

namespace Wopr.Credits.Tests;

internal static class TestLedger
{
    public static TestPostgres Postgres { get; } =
        new([.. Migration.Of(typeof(Db).Assembly, typeof(AuditModule).Assembly, typeof(CreditsModule).Assembly)]);

    public static Actor Admin { get; } = new(ActorKind.Token, "admin") { IsPlatformAdmin = true };
}
