namespace Wopr.Kernel;

/// <summary>Asks a program on this machine whether it is alive, so that its image needs no shell and no curl.</summary>
public static class HealthProbe
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    /// <summary>0 when it answers with a good status, else 1: what an engine's health check expects.</summary>
    public static async Task<int> RunAsync(int port, CancellationToken ct)
    {
        using var http = new HttpClient { Timeout = s_patience };
        try
        {
            using var answer = await http.GetAsync(new Uri($"http://127.0.0.1:{port}/health"), ct);
            return answer.IsSuccessStatusCode ? 0 : 1;
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException)
        {
            return 1;
        }
    }
}
