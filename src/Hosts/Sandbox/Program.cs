using Wopr.Kernel;
using Wopr.Sandbox;

return await SandboxServer.RunAsync(SettingsReader.FromEnvironment());
