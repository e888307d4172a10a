using Wopr.Kernel;

namespace Wopr.Auth;

internal static class OrganizationProblems
{
    public static Problem NotFound { get; } = new(ProblemKind.NotFound, "org.not_found", "There is no such organisation of yours.");
    public static Problem NoMember { get; } = new(ProblemKind.NotFound, "org.no_member", "There is no such member.");
    public static Problem NoInvitation { get; } = new(ProblemKind.NotFound, "org.no_invitation", "There is no such invitation.");

    public static Problem BadInvitation { get; } = new(ProblemKind.Invalid, "org.bad_invitation",
        "This invitation has ended, or is for another address. Sign in with the address it was sent to, or ask for a new one.");

    public static Problem BadSlug { get; } = new(ProblemKind.Invalid, "org.bad_slug",
        "A short name has 3 to 48 lower-case letters, digits and dashes, and begins and ends with a letter or digit.");

    public static Problem SlugTaken { get; } =
        new(ProblemKind.Conflict, "org.slug_taken", "Another organisation has this short name. Choose another.");

    public static Problem BadEmail { get; } = new(ProblemKind.Invalid, "org.bad_email", "That is not an e-mail address.");

    public static Problem MemberAlready { get; } =
        new(ProblemKind.Conflict, "org.member_already", "Somebody with this address is a member already.");

    public static Problem OneOwner { get; } = new(ProblemKind.Invalid, "org.one_owner",
        "An organisation has one owner. Transfer the ownership instead.");

    public static Problem OwnerStays { get; } = new(ProblemKind.Invalid, "org.owner_stays",
        "The owner can neither leave nor change roles. Transfer the ownership first.");

    public static Problem Personal { get; } = new(ProblemKind.Invalid, "org.personal",
        "A personal account cannot be given away or deleted like an organisation. Delete the account itself instead.");

    public static Problem TooMany(int max) => new(ProblemKind.Conflict, "org.too_many", $"Nobody can own more than {max} organisations.");

    public static Problem TooManyPeople(int max) =>
        new(ProblemKind.Conflict, "org.too_many_people", $"An organisation has at most {max} members and invitations.");

    public static Problem? Name(string name, int max) =>
        name.Trim().Length is 0 || name.Length > max || name.Any(char.IsControl)
            ? new(ProblemKind.Invalid, "org.bad_name", $"A name has 1 to {max} characters.")
            : null;
}
