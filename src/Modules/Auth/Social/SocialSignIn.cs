using System.Buffers.Text;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;
using Wopr.Audit;
using Wopr.Kernel;

namespace Wopr.Auth;

/// <summary>Where the browser goes next, and what it carries.</summary>
internal sealed record SocialOutcome(string Url, SignInOutcome? SignIn = null);

/// <summary>Signing in with GitHub or Google, and linking them to an account.</summary>
internal sealed class SocialSignIn(
    Db db, SocialOptions options, HttpClient http, Accounts accounts, SignIn signIn, TrustedUrls urls, AuditLog audit,
    TimeProvider time, ILogger<SocialSignIn> logger)
{
    private readonly Dictionary<string, SocialProvider> _providers =
        SocialProvider.Of(options).ToDictionary(provider => provider.Name, StringComparer.Ordinal);

    public IReadOnlyCollection<string> Providers => _providers.Keys;

    /// <summary>The provider's page, and the state that binds the answer to this browser.</summary>
    public async Task<Result<(string Url, string State)>> BeginAsync(
        string provider, string callbackUrl, string errorUrl, string? linkUserId, CancellationToken ct)
    {
        if (!_providers.TryGetValue(provider, out var known)) { return AuthProblems.ProviderNotFound; }
        var (state, verifier) = (Token.New(), Token.New(64));
        await SocialSql.BeginAsync(db, Token.Hash(state), new(provider, verifier, callbackUrl, errorUrl, linkUserId),
            time.Now() + AuthCookies.OAuthStateLife, ct);
        var challenge = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier)));
        (string Name, string Value)[] query =
        [
            ("response_type", "code"), ("client_id", known.ClientId), ("redirect_uri", RedirectUri(known)), ("scope", known.Scopes),
            ("state", state), ("code_challenge", challenge), ("code_challenge_method", "S256"),
        ];
        return (query.Aggregate(known.AuthorizeUrl.ToString(), (url, part) => TrustedUrls.With(url, part.Name, part.Value)), state);
    }

    /// <summary>Finishes when the provider sent the browser back. The state came by query and by cookie.</summary>
    public async Task<SocialOutcome> FinishAsync(
        string provider, string? state, string? stateCookie, string? code, Signed? signed, Origin origin, CancellationToken ct)
    {
        var fallback = urls.Dashboard("/login");
        if (state is null || state != stateCookie) { return Failed(fallback, "state_mismatch"); }
        if (await SocialSql.TakeAsync(db, Token.Hash(state), time.Now(), ct) is not { } flow || flow.Provider != provider
            || !_providers.TryGetValue(provider, out var known))
        {
            return Failed(fallback, "please_restart_the_process");
        }
        if (string.IsNullOrEmpty(code)) { return Failed(flow.ErrorUrl, "access_denied"); }
        if (await ProfileAsync(known, flow, code, ct) is not { } profile) { return Failed(flow.ErrorUrl, "unable_to_get_user_info"); }
        return flow.LinkUserId is { } userId
            ? await LinkAsync(known, profile, flow, signed?.User.Id == userId ? signed.User : null, origin, ct)
            : await EnterAsync(known, profile, flow, origin, ct);
    }

    public async Task<Result<Done>> UnlinkAsync(Actor actor, string provider, string? accountId, CancellationToken ct) =>
        await db.TransactAsync<Result<Done>>(async tx =>
        {
            await tx.ExecuteAsync($"select from auth.user where id = {actor.UserId} for update", ct);
            if ((await SocialSql.ListAsync(tx, actor.UserId!, ct)).Count <= 1) { return AuthProblems.LastAccount; }
            if (await SocialSql.UnlinkAsync(tx, actor.UserId!, provider, accountId, ct) == 0) { return AuthProblems.AccountNotFound; }
            await audit.WriteAsync(tx, actor, new("auth.account_unlinked", $"user:{actor.UserId}",
                Details: new Dictionary<string, string> { ["provider"] = provider }), ct);
            return Done.Instance;
        }, ct);

    private async Task<SocialOutcome> EnterAsync(
        SocialProvider provider, SocialProfile profile, OAuthFlow flow, Origin origin, CancellationToken ct) =>
        await db.TransactAsync(async tx =>
        {
            if (await SocialSql.UserOfAsync(tx, provider.Name, profile.AccountId, ct) is { } known)
            {
                var user = (await UserSql.FindAsync(tx, known, ct))!;
                return Next(flow, await signIn.FinishAsync(tx, user, shortLived: false, trustedDevice: null, origin, ct));
            }
            if (!EmailAddress.TryParse(profile.Email, out var email)) { return Failed(flow.ErrorUrl, "email_not_found"); }
            if (await UserSql.FindByEmailAsync(tx, email, ct) is { } sameAddress)
            {
                // An address nobody proved may have been typed by somebody else, who would then share the account.
                if (!sameAddress.EmailVerified) { return Failed(flow.ErrorUrl, "account_not_linked"); }
                await LinkAsync(tx, provider, profile, sameAddress, origin, ct);
                return Next(flow, await signIn.FinishAsync(tx, sameAddress, shortLived: false, trustedDevice: null, origin, ct));
            }
            if (!(await accounts.SignUpVouchedAsync(tx, profile.Name, email, profile.Image, origin, ct)).Succeeded(out var session, out _))
            {
                return Failed(flow.ErrorUrl, "unable_to_create_user");
            }
            await LinkAsync(tx, provider, profile, session.User, origin, ct);
            return Next(flow, new(session, null));
        }, ct);

    private async Task<SocialOutcome> LinkAsync(
        SocialProvider provider, SocialProfile profile, OAuthFlow flow, User? user, Origin origin, CancellationToken ct)
    {
        if (user is null) { return Failed(flow.ErrorUrl, "please_restart_the_process"); }
        return await db.TransactAsync(async tx => await LinkAsync(tx, provider, profile, user, origin, ct)
            || await SocialSql.UserOfAsync(tx, provider.Name, profile.AccountId, ct) == user.Id
                ? new SocialOutcome(flow.CallbackUrl)
                : Failed(flow.ErrorUrl, "account_already_linked_to_different_user"), ct);
    }

    private async Task<bool> LinkAsync(
        Db tx, SocialProvider provider, SocialProfile profile, User user, Origin origin, CancellationToken ct)
    {
        if (!await SocialSql.LinkAsync(tx, provider.Name, profile.AccountId, user.Id, time.Now(), ct)) { return false; }
        await audit.WriteAsync(tx, user.AsActor(origin), new("auth.account_linked", $"user:{user.Id}",
            Details: new Dictionary<string, string> { ["provider"] = provider.Name }), ct);
        return true;
    }

    // The provider is the outside world: whatever it does, the person is sent back with a reason.
    private async Task<SocialProfile?> ProfileAsync(SocialProvider provider, OAuthFlow flow, string code, CancellationToken ct)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, provider.TokenUrl);
            request.Headers.Accept.Add(new("application/json"));
            request.Content = new FormUrlEncodedContent(new Dictionary<string, string>
            {
                ["grant_type"] = "authorization_code",
                ["code"] = code,
                ["redirect_uri"] = RedirectUri(provider),
                ["client_id"] = provider.ClientId,
                ["client_secret"] = provider.ClientSecret,
                ["code_verifier"] = flow.CodeVerifier,
            });
            using var response = await http.SendAsync(request, ct);
            response.EnsureSuccessStatusCode();
            var token = await response.Content.ReadFromJsonAsync<TokenAnswer>(ct);
            return token?.AccessToken is { Length: > 0 } access ? await provider.ReadProfile(http, access, ct) : null;
        }
        catch (Exception error) when (error is HttpRequestException or JsonException
            || (error is OperationCanceledException && !ct.IsCancellationRequested))
        {
            Log.ProviderFailed(logger, provider.Name, error.Message);
            return null;
        }
    }

    private SocialOutcome Next(OAuthFlow flow, SignInOutcome outcome) =>
        new(outcome.SecondStep is null ? flow.CallbackUrl : urls.Dashboard("/two-factor"), outcome);

    private string RedirectUri(SocialProvider provider) => urls.Platform($"/api/auth/callback/{provider.Name}");

    private static SocialOutcome Failed(string url, string error) => new(TrustedUrls.With(url, "error", error));

    private sealed record TokenAnswer([property: JsonPropertyName("access_token")] string? AccessToken);
}
