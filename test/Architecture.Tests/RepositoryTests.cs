using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Wopr.Architecture.Tests;

public sealed partial class RepositoryTests
{
    private static readonly string[] s_vagueNames = ["Services", "Helpers", "Common", "Utils", "Managers", "Interfaces"];

    [Fact]
    public void No_folder_is_named_after_a_kind_of_thing() => Assert.DoesNotContain(Repository.Files,
        file => file.Split('/')[..^1].Any(part => s_vagueNames.Contains(part, StringComparer.OrdinalIgnoreCase)));

    [Fact]
    public void Every_package_says_what_it_saves()
    {
        var told = Repository.Text("docs/dependencies.md");
        var packages = Packages().ToList();

        Assert.NotEmpty(packages);
        Assert.DoesNotContain(packages, package => !told.Contains($"| {package} |", StringComparison.Ordinal));
    }

    [Fact]
    public void No_package_is_told_of_that_is_not_there() => Assert.Empty(
        ToldPackage().Matches(Repository.Text("docs/dependencies.md")).Select(row => row.Groups[1].Value)
            .Except([.. Packages(), "Package"]));

    [Fact]
    public void Nothing_needs_Kubernetes_or_a_cloud_of_its_own()
    {
        var files = Repository.Files.Where(file => ForbiddenFile().IsMatch(file));
        var packages = Repository.Files
            .Where(file => file.EndsWith(".csproj", StringComparison.Ordinal) || file.EndsWith(".props", StringComparison.Ordinal)
                || file.EndsWith("package.json", StringComparison.Ordinal))
            .Where(file => ForbiddenPackage().IsMatch(Repository.Text(file)));
        var manifests = Repository.Files
            .Where(file => file.EndsWith(".yml", StringComparison.Ordinal) || file.EndsWith(".yaml", StringComparison.Ordinal))
            .Where(file => Manifest().IsMatch(Repository.Text(file)));

        Assert.Empty(files.Concat(packages).Concat(manifests));
    }

    [Fact]
    public void What_others_wrote_for_browsers_comes_with_its_licence()
    {
        var vendored = Repository.Files.Where(file => file.Contains("/wwwroot/lib/", StringComparison.Ordinal)).ToList();
        var licensed = vendored.Where(file => Licence().IsMatch(file)).Select(FolderOf).ToHashSet(StringComparer.Ordinal);

        Assert.DoesNotContain(vendored, file => !Above(file).Any(licensed.Contains));
    }

    private static IEnumerable<string> Packages() => XDocument.Load(Repository.Full("Directory.Packages.props"))
        .Descendants("PackageVersion").Select(package => package.Attribute("Include")!.Value);

    private static string FolderOf(string file) => file[..file.LastIndexOf('/')];

    // A licence covers its folder and what is below, as far up as the library folder itself.
    private static IEnumerable<string> Above(string file)
    {
        for (var folder = FolderOf(file); folder.Contains("/wwwroot/lib", StringComparison.Ordinal); folder = FolderOf(folder))
        {
            yield return folder;
        }
    }

    [GeneratedRegex(@"^\| ([A-Za-z0-9.]+) \|", RegexOptions.Multiline)]
    private static partial Regex ToldPackage();

    [GeneratedRegex(@"(^|/)((Chart|kustomization|skaffold)\.ya?ml|fly\.toml|helmfile.*|charts?/.*)$", RegexOptions.IgnoreCase)]
    private static partial Regex ForbiddenFile();

    [GeneratedRegex("\"[^\"]*(kubernetes|kubeclient|k8s|helm\\b|fly\\.io|flyctl)[^\"]*\"", RegexOptions.IgnoreCase)]
    private static partial Regex ForbiddenPackage();

    [GeneratedRegex(@"^apiVersion:.*\n(.*\n)*?kind:", RegexOptions.Multiline)]
    private static partial Regex Manifest();

    [GeneratedRegex(@"/(LICENSE|LICENCE|COPYING)[^/]*$|[.-](LICENSE|LICENCE)(\.(txt|md))?$", RegexOptions.IgnoreCase)]
    private static partial Regex Licence();
}
