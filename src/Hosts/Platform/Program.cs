using Wopr.Kernel;
using Wopr.Platform;

return args switch
{
    [] or [SessionSecret.AcceptFlag] => await Server.RunAsync(args),
    ["migrate", .. var rest] => await MigrateVerb.RunAsync(rest),
    ["admin", "create", .. var rest] => await AdminVerb.CreateAsync(rest),
    ["audit", "verify", .. var rest] => await AuditVerb.VerifyAsync(rest),
    ["credits", "reconcile", .. var rest] => await CreditsVerb.ReconcileAsync(rest),
    ["secrets", "rotate", .. var rest] => await SecretsVerb.RotateAsync(rest),
    ["config", "check", ..] => ConfigVerb.Check(),
    ["health"] => await HealthProbe.RunAsync(
        SettingsReader.FromEnvironment().Read<PlatformOptions>().Port, CancellationToken.None),
    _ => Usage.Show(),
};
