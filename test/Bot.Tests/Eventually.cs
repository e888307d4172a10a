using Wopr.Testing;

namespace Wopr.Bot.Tests;

internal static class Eventually
{
    public static Task IsAsync(Func<bool> holds, string what) => IsAsync(holds, () => what);

    /// <param name="what">Asked for only when it did not come.</param>
    public static async Task IsAsync(Func<bool> holds, Func<string> what)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!holds())
        {
            if (TimeProvider.System.GetElapsedTime(began) > Patience.Max) { Assert.Fail($"It did not come: {what()}"); }
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }

    public static Task<T> SoonAsync<T>(this Task<T> task) => task.WaitAsync(Patience.Max, TestContext.Current.CancellationToken);

    public static Task SoonAsync(this Task task) => task.WaitAsync(Patience.Max, TestContext.Current.CancellationToken);
}
