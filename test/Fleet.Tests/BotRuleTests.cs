namespace Wopr.Fleet.Tests;

public sealed class BotRuleTests
{
    private static readonly string[] s_allowed = ["ghcr.io/wopr-network/"];
    private static readonly Dictionary<string, string> s_none = [];

    private static readonly BotProfile s_profile = new("robby", "", "ghcr.io/wopr-network/wopr:latest", "unless-stopped", "manual", "stable",
        null, null, "UTC", "", "standard", "standard");

    [Theory]
    [InlineData("wopr-network/wopr:latest", "ghcr.io/wopr-network/wopr:latest")]
    [InlineData(" wopr-network/wopr ", "ghcr.io/wopr-network/wopr")]
    [InlineData("ghcr.io/wopr-network/wopr:sha-1a2b", "ghcr.io/wopr-network/wopr:sha-1a2b")]
    [InlineData("ghcr.io/wopr-network/a/b.c_d:1", "ghcr.io/wopr-network/a/b.c_d:1")]
    public void An_image_gets_its_registry(string given, string full) => Assert.Equal(full, BotRules.Image(given, s_allowed).Value);

    [Theory]
    [InlineData("ubuntu", "fleet.image_not_allowed")]
    [InlineData("evil/wopr:latest", "fleet.image_not_allowed")]
    [InlineData("docker.io/wopr-network/wopr", "fleet.image_not_allowed")]
    [InlineData("ghcr.io/wopr-network-evil/wopr", "fleet.image_not_allowed")]
    [InlineData("localhost/wopr-network/wopr", "fleet.image_not_allowed")]
    [InlineData("evil.example:5000/wopr-network/wopr", "fleet.image_not_allowed")]
    [InlineData("ghcr.io/wopr-network/../evil/wopr", "fleet.bad_image")]
    [InlineData("ghcr.io/wopr-network/wopr latest", "fleet.bad_image")]
    [InlineData("ghcr.io/wopr-network/", "fleet.bad_image")]
    [InlineData("ghcr.io/wopr-network/WOPR", "fleet.bad_image")]
    [InlineData("https://ghcr.io/wopr-network/wopr", "fleet.bad_image")]
    [InlineData("ghcr.io/wopr-network/wopr:a\nb", "fleet.bad_image")]
    [InlineData("", "fleet.bad_image")]
    [InlineData("-v", "fleet.bad_image")]
    public void Any_other_image_is_refused(string given, string code) => Assert.Equal(code, BotRules.Image(given, s_allowed).Problem?.Code);

    [Fact]
    public void A_refused_image_is_named_with_what_would_do() => Assert.Equal(
        "The image docker.io/evil/wopr is not allowed. Use one that begins with ghcr.io/wopr-network/.",
        BotRules.Image("docker.io/evil/wopr", s_allowed).Problem?.Detail);

    [Fact]
    public void A_prefix_ends_where_a_name_ends() => Assert.Equal(
        ["ghcr.io/acme/", "registry.example/one/wopr:", "x/"],
        new FleetOptions { ImageAllowlist = ["ghcr.io/acme", "registry.example/one/wopr:", "x/"] }.ImagePrefixes);

    [Theory]
    [InlineData("a")]
    [InlineData("0-_Z")]
    [InlineData("  trimmed  ")]
    public void A_name_of_letters_digits_hyphens_and_underscores_does(string name) =>
        Assert.Equal(name.Trim(), BotRules.Apply(s_profile, new(Name: name), s_allowed).Value?.Name);

    [Theory]
    [InlineData("")]
    [InlineData("-a")]
    [InlineData("a b")]
    [InlineData("a/../b")]
    [InlineData("a\nb")]
    [InlineData("$(reboot)")]
    [InlineData("рobby")]
    [InlineData("a0123456789012345678901234567890123456789012345678901234567890123")]
    public void Another_name_does_not(string name) =>
        Assert.Equal("fleet.bad_name", BotRules.Apply(s_profile, new(Name: name), s_allowed).Problem?.Code);

    [Fact]
    public void Every_other_field_has_its_rule()
    {
        Assert.Equal("fleet.bad_description", Code(new(Description: new('x', BotRules.DescriptionCharsMax + 1))));
        Assert.Equal("fleet.bad_volume", Code(new(VolumeName: "/etc")));
        Assert.Equal("fleet.bad_volume", Code(new(VolumeName: "../platform")));
        Assert.Equal("fleet.bad_restart_policy", Code(new(RestartPolicy: "sometimes")));
        Assert.Equal("fleet.bad_update_policy", Code(new(UpdatePolicy: "cron: ")));
        Assert.Equal("fleet.bad_release_channel", Code(new(ReleaseChannel: "beta")));
        Assert.Equal("fleet.bad_discovery", Code(new(Discovery: new(Topics: ["a,b"]))));
        Assert.Equal("fleet.bad_discovery", Code(new(Discovery: new(Topics: [""]))));
        Assert.Equal("fleet.bad_model", Code(new(Model: "a model")));
        Assert.Equal("fleet.bad_time_zone", Code(new(TimeZone: "Mars/Olympus")));
        Assert.Equal("fleet.bad_time_zone", Code(new(TimeZone: "../../etc/passwd")));
        Assert.Equal("fleet.bad_avatar", Code(new(Avatar: new('x', BotRules.AvatarCharsMax + 1))));
        Assert.Null(Code(new("r", "d", "wopr-network/wopr", [], "always", "data", "canary", "cron:0 3 * * *", new(true, ["a"]), "a/b:c", "Europe/Berlin", "x")));
    }

    [Theory]
    [InlineData("PATH")]
    [InlineData("HOME")]
    [InlineData("WOPR_LINK_KEY")]
    [InlineData("wopr_gateway_key")]
    [InlineData("LD_PRELOAD")]
    [InlineData("DOTNET_STARTUP_HOOKS")]
    [InlineData("CORECLR_PROFILER")]
    [InlineData("COMPlus_EnableDiagnostics")]
    public void Our_variables_are_not_theirs_to_set(string name) => Assert.Equal("fleet.reserved_env", Env(new() { [name] = "x" })?.Code);

    [Theory]
    [InlineData("")]
    [InlineData("1A")]
    [InlineData("A=B")]
    [InlineData("A B")]
    [InlineData("A\n")]
    [InlineData("Ä")]
    public void A_variable_has_a_name_that_shells_know(string name) => Assert.Equal("fleet.bad_env_name", Env(new() { [name] = "x" })?.Code);

    [Fact]
    public void Variables_are_few_and_small()
    {
        Assert.Null(Env(Many(BotRules.EnvMax)));
        Assert.Equal("fleet.too_much_env", Env(Many(BotRules.EnvMax + 1))?.Code);
        Assert.Null(Env(new() { ["A"] = new('x', BotRules.EnvBytesMax) }));
        Assert.Equal("fleet.too_much_env", Env(new() { ["A"] = new('x', BotRules.EnvBytesMax + 1) })?.Code);
        Assert.Equal("fleet.too_much_env", Env(new() { ["A"] = new('x', 1_000_000) })?.Code);
        Assert.Equal("fleet.too_much_env", Env(Many(9, new('x', BotRules.EnvBytesMax)))?.Code);
        Assert.Equal("fleet.too_much_env", Env(new() { ["A"] = "a\0b" })?.Code);
    }

    [Fact]
    public void An_empty_variable_is_none_and_a_hidden_one_stays()
    {
        var env = BotRules.Env(new Dictionary<string, string> { ["A"] = "", ["B"] = BotRules.Hidden, ["C"] = "new" },
            new Dictionary<string, string> { ["B"] = "secret", ["D"] = "gone" }).Value!;

        Assert.Equal(new Dictionary<string, string> { ["B"] = "secret", ["C"] = "new" }, env);
    }

    private static string? Code(BotFields fields) => BotRules.Apply(s_profile, fields, s_allowed).Problem?.Code;

    private static Kernel.Problem? Env(Dictionary<string, string> env) => BotRules.Env(env, s_none).Problem;

    private static Dictionary<string, string> Many(int count, string value = "x") =>
        Enumerable.Range(0, count).ToDictionary(at => $"A{at}", _ => value);
}
