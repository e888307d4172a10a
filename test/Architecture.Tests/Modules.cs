using System.Xml.Linq;

namespace Wopr.Architecture.Tests;

/// <summary>A project of <c>src</c> and what it references.</summary>
internal sealed record Project(string Path, string Name, string Layer, IReadOnlyList<string> References)
{
    public static IReadOnlyList<Project> All { get; } = [.. Repository.Under("src/", ".csproj").Select(Read)];

    private static Project Read(string path)
    {
        var parts = path.Split('/');
        var references = XDocument.Load(Repository.Full(path)).Descendants("ProjectReference")
            .Select(item => System.IO.Path.GetFileNameWithoutExtension(item.Attribute("Include")!.Value.Replace('\\', '/')));
        return new(path, System.IO.Path.GetFileNameWithoutExtension(path), parts[1], [.. references]);
    }
}

internal static class Modules
{
    /// <summary>A module may use what stands left of it; news to the right travels as events.</summary>
    public static readonly string[] Line =
    [
        "Audit", "Notices", "Auth", "TenantKeys", "Quotas", "Credits", "Billing", "Machines", "Inference", "Gateway",
        "Fleet", "Snapshots", "Watch",
    ];

    private static readonly string[] s_ground = ["Kernel", "Protocol"];
    private static readonly string[] s_faces = ["Dashboard", "Cli"];
    private static readonly string[] s_far = ["Client", "Kernel", "Protocol"];

    public static string Schema(string module) => Kernel.Sql.Snake(module);

    /// <summary>Why a project may not reference another; null when it may.</summary>
    public static string? Fault(Project project, string reference)
    {
        var hosts = Project.All.Where(other => other.Layer == "Hosts").Select(other => other.Name);
        if (hosts.Contains(reference)) { return $"{project.Name} references the host {reference}; nobody may."; }
        return project.Layer switch
        {
            "Hosts" when s_faces.Contains(project.Name) && !s_far.Contains(reference) =>
                $"{project.Name} references {reference}; it talks to the Platform over HTTP "
                + "and may know Client, Kernel and Protocol only.",
            "Hosts" => null,
            "Modules" when s_ground.Contains(reference) => null,
            "Modules" when IsLeft(reference, project.Name) => null,
            "Modules" => $"{project.Name} references {reference}, which does not stand left of it in the line of modules.",
            "Client" when s_ground.Contains(reference) => null,
            _ => $"{project.Name} references {reference}; it stands on its own.",
        };
    }

    private static bool IsLeft(string one, string other) =>
        Array.IndexOf(Line, one) is var left and >= 0 && left < Array.IndexOf(Line, other);
}
