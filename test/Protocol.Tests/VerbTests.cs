using System.Reflection;

namespace Wopr.Protocol.Tests;

public sealed class VerbTests
{
    [Fact]
    public void Everything_that_is_asked_and_answered_can_be_written()
    {
        var verbs = new[] { typeof(BotVerbs), typeof(HomeVerbs), typeof(NodeVerbs), typeof(FleetVerbs) }
            .SelectMany(type => type.GetProperties(BindingFlags.Public | BindingFlags.Static))
            .Where(property => property.PropertyType.IsGenericType && property.PropertyType.Assembly == typeof(BotVerbs).Assembly)
            .Select(property => property.GetValue(null)!)
            .ToList();

        Assert.True(verbs.Count > 30);
        Assert.All(verbs, verb => Assert.All(verb.GetType().GetProperties(), property => Assert.NotNull(property.GetValue(verb))));
    }
}
