using Wopr.Dashboard;
using Wopr.Kernel;

return args is ["health"]
    ? await HealthProbe.RunAsync(SettingsReader.FromEnvironment().Read<DashboardOptions>().Port, CancellationToken.None)
    : await Server.RunAsync();
