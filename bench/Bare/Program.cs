// The least a web server can do here: the height of the ceiling that the platform's figures hang from.
var builder = WebApplication.CreateSlimBuilder(args);
builder.Logging.ClearProviders();
var app = builder.Build();
app.MapGet("/", () => "hello");
app.Run(args[0]);
