using Wopr.Client;
using Wopr.Dashboard.Pages.Bots;

namespace Wopr.Dashboard.Tests;

public sealed class ConversationTests
{
    private static readonly DateTimeOffset s_at = new(2031, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly Guid s_turn = Guid.CreateVersion7(s_at);

    [Theory]
    [InlineData("answered")]
    [InlineData("failed")]
    [InlineData("cancelled")]
    public void What_is_answered_waits_no_more_though_the_platform_has_not_heard_of_it(string end)
    {
        ChatHistory history = new(
            [new(0, s_at, "user", "Hello", s_turn), new(1, s_at, "assistant", "Hi", s_turn, end)], HasMore: false,
            [new(s_turn, "Hello", "running", s_at)]);

        Assert.DoesNotContain(Conversation.Of(history, unreachable: null, waits: null).Said, one => one.IsOpen);
    }

    [Fact]
    public void What_is_not_answered_is_open()
    {
        ChatHistory history = new([new(0, s_at, "user", "Hello", s_turn)], HasMore: false, [new(s_turn, "Hello", "running", s_at)]);

        Assert.True(Assert.Single(Conversation.Of(history, unreachable: null, waits: null).Said).IsOpen);
    }
}
