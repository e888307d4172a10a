using Wopr.Dashboard;

return await Server.RunAsync();
