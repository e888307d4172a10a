using Wopr.GatewayBench;

switch (args)
{
    case ["upstream", var url]: new ConstantUpstream().Run(new(url)); return 0;
    case ["bare", var url, var upstream]: await BareProxy.RunAsync(url, upstream); return 0;
    case ["latency", var url, var model, var count, .. var headers]:
        return new LatencyProbe(new(url, model, headers)).Run(int.Parse(count, null));
    case ["streams", var url, var model, var streams, var rounds, .. var headers]:
        return new StreamLoad(new(url, model, headers)).Run(int.Parse(streams, null), int.Parse(rounds, null));
    default:
        Console.Error.WriteLine("""
            GatewayBench upstream URL
            GatewayBench bare URL UPSTREAM
            GatewayBench latency URL MODEL REQUESTS ['name: value'…]
            GatewayBench streams URL MODEL STREAMS ROUNDS ['name: value'…]
            """);
        return 2;
}
