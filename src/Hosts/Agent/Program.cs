using Wopr.Agent;
using Wopr.Kernel;

return await AgentProgram.RunAsync(SettingsReader.FromEnvironment());
