import assert from "node:assert/strict";
import { Person, ok, password, platform, refused, sandbox, step } from "./person.mjs";

/** Says yes on the provider's page and follows it back; ends on a page of the dashboard. */
async function consent(person, url, email) {
  const asked = await fetch(`${url}&login_hint=${encodeURIComponent(email)}`, { redirect: "manual" });
  const { pathname, search } = new URL(asked.headers.get("location"));
  return person.open(new URL(pathname + search, platform));
}

const ann = new Person();
const providers = async (person) => ok(await person.auth.listAccounts()).map((each) => each.providerId).sort();

await step("sign in with GitHub", async () => {
  const { url, redirect } = ok(await ann.auth.signIn.social({ provider: "github", callbackURL: "/home", disableRedirect: true }));
  assert.equal(redirect, false);
  assert.ok(url.startsWith(`${sandbox}/github/login/oauth/authorize?`), url);
  assert.equal(await consent(ann, url, ann.email), "http://localhost:3000/home");
  const { user } = ok(await ann.auth.getSession());
  assert.deepEqual([user.email, user.emailVerified], [ann.email, true]);
});

await step("an unknown provider is refused", async () => assert.deepEqual(
  refused(await ann.auth.signIn.social({ provider: "nobody" })), { status: 404, code: "PROVIDER_NOT_FOUND" }));

await step("the last way in stays", async () => {
  assert.deepEqual(await providers(ann), ["github"]);
  assert.deepEqual(refused(await ann.auth.unlinkAccount({ providerId: "github" })),
    { status: 400, code: "FAILED_TO_UNLINK_LAST_ACCOUNT" });
});

await step("link GitHub to a password account, and take it off", async () => {
  const bob = new Person();
  await bob.signUp();
  assert.deepEqual(await providers(bob), ["credential"]);

  const { url, redirect } = ok(await bob.auth.linkSocial({ provider: "github", callbackURL: "/account" }));
  assert.equal(redirect, true);
  assert.equal(await consent(bob, url, bob.email), "http://localhost:3000/account");
  assert.deepEqual(await providers(bob), ["credential", "github"]);

  assert.equal(ok(await bob.auth.unlinkAccount({ providerId: "github" })).status, true);
  assert.deepEqual(await providers(bob), ["credential"]);
});

await step("delete the account", async () => {
  const bob = new Person();
  await bob.signUp();
  assert.deepEqual(refused(await bob.auth.deleteUser({ password: "wrong-password" })), { status: 400, code: "INVALID_PASSWORD" });
  const { success, message } = ok(await bob.auth.deleteUser({ password }));
  assert.equal(success, true);
  assert.match(message, /deleted/);
});
