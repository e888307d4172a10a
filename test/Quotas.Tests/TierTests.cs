namespace Wopr.Quotas.Tests;

public sealed class TierTests
{
    [Fact]
    public void Sizes_and_prices_are_those_of_the_contract()
    {
        Assert.Equal(
            [("standard", 2048, 200_000, 512, 0), ("pro", 4096, 400_000, 1024, 10), ("power", 8192, 600_000, 2048, 27),
                ("beast", 16_384, 800_000, 4096, 50)],
            ResourceTier.All.Select(tier => (tier.Key, tier.MemoryLimitMb, tier.CpuQuota, tier.PidsLimit, tier.DailyCost)));
        Assert.Equal([("standard", 5, 0), ("plus", 20, 3), ("pro", 50, 8), ("max", 100, 15)],
            StorageTier.All.Select(tier => (tier.Key, tier.LimitGb, tier.DailyCost)));
    }

    [Fact]
    public void A_tier_is_found_by_its_key()
    {
        Assert.Equal(8192, ResourceTier.Find("power")?.MemoryLimitMb);
        Assert.Equal(50L * 1024 * 1024 * 1024, StorageTier.Find("pro")?.LimitBytes);
        Assert.Null(ResourceTier.Find("Power"));
        Assert.Null(StorageTier.Find(""));
    }
}
