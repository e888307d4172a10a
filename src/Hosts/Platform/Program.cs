using Wopr.Platform;

return args switch
{
    [] or [SessionSecret.AcceptFlag] => await Server.RunAsync(args),
    ["migrate", .. var rest] => await MigrateVerb.RunAsync(rest),
    ["admin", "create", .. var rest] => await AdminVerb.CreateAsync(rest),
    ["config", "check", ..] => ConfigVerb.Check(),
    _ => Usage.Show(),
};
