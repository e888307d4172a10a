namespace Wopr.Kernel.Tests;

public sealed class SettingsReaderTests
{
    private sealed class Shop : ISettings
    {
        [Setting("SHOP_PORT", "The port.", Min = 1, Max = 65535)]
        public int Port { get; set; } = 80;

        [Setting("SHOP_URL", "The address.", RequiredInProduction = true)]
        public Uri? Url { get; set; }

        [Setting("SHOP_SECRET", "The secret.", Secret = true, Required = true)]
        public string Secret { get; set; } = "";

        public IEnumerable<string> Faults(bool production) => [];
    }

    [Fact]
    public void What_is_absent_keeps_its_default()
    {
        var (shop, faults) = Read(("SHOP_SECRET", "s"));

        Assert.Equal(80, shop.Port);
        Assert.Empty(faults);
    }

    [Fact]
    public void Every_fault_is_listed_at_once_and_none_quotes_a_value()
    {
        var (_, faults) = Read(("WOPR_ENV", "production"), ("SHOP_PORT", "secret99999"), ("SHOP_SECRET", "changeme-secret99999"));

        Assert.Equal(3, faults.Count);
        Assert.All(["SHOP_PORT", "SHOP_URL", "SHOP_SECRET"], name => Assert.Contains(faults, fault => fault.Contains(name)));
        Assert.DoesNotContain(faults, fault => fault.Contains("secret99999"));
    }

    [Fact]
    public void Development_allows_placeholders() => Assert.Empty(Read(("SHOP_SECRET", "changeme")).Faults);

    [Fact]
    public void A_secret_may_come_from_a_file()
    {
        var file = Path.GetTempFileName();
        File.WriteAllText(file, "from-a-file\n");

        Assert.Equal("from-a-file", Read(("SHOP_SECRET_FILE", file)).Shop.Secret);
    }

    private static (Shop Shop, IReadOnlyList<string> Faults) Read(params (string Name, string Value)[] variables)
    {
        var reader = new SettingsReader(variables.ToDictionary(variable => variable.Name, variable => variable.Value));
        return (reader.Read<Shop>(), reader.Faults);
    }
}
