namespace Wopr.Architecture.Tests;

public sealed class ModuleTests
{
    [Fact]
    public void A_project_references_only_what_it_may()
    {
        Assert.NotEmpty(Project.All);
        Assert.Empty(Project.All.SelectMany(project => project.References, Modules.Fault).OfType<string>());
    }

    [Fact]
    public void Every_module_stands_in_the_line() => Assert.Empty(
        Project.All.Where(project => project.Layer == "Modules").Select(project => project.Name).Except(Modules.Line));

    [Theory]
    [InlineData("Modules", "Audit", "Auth")]
    [InlineData("Modules", "Auth", "Auth2")]
    [InlineData("Modules", "Auth", "Platform")]
    [InlineData("Hosts", "Dashboard", "Auth")]
    [InlineData("Hosts", "Cli", "Platform")]
    [InlineData("Client", "Client", "Auth")]
    [InlineData("Kernel", "Kernel", "Auth")]
    public void A_wrong_reference_is_seen(string layer, string project, string reference) =>
        Assert.NotNull(Modules.Fault(new("", project, layer, []), reference));

    [Theory]
    [InlineData("Modules", "Auth", "Audit")]
    [InlineData("Modules", "Watch", "Kernel")]
    [InlineData("Hosts", "Dashboard", "Client")]
    public void A_right_reference_is_allowed(string layer, string project, string reference) =>
        Assert.Null(Modules.Fault(new("", project, layer, []), reference));
}
