import assert from "node:assert/strict";
import { Person, mailedLink, ok, refused, step } from "./person.mjs";

const ann = new Person();
const tokenOf = (link) => link.searchParams.get("token");

await step("ask for the mail", async () => {
  await ann.signUp();
  const { status } = ok(await ann.auth.sendVerificationEmail({ email: ann.email, callbackURL: "/welcome" }));
  assert.equal(status, true);
});

await step("a wrong token is refused", async () => assert.deepEqual(
  refused(await ann.auth.verifyEmail({ query: { token: "no-such-token" } })), { status: 401, code: "INVALID_TOKEN" }));

await step("verify the address", async () => {
  const link = await mailedLink(ann.email, "/api/auth/verify-email");
  assert.equal(link.searchParams.get("callbackURL"), "http://localhost:3000/welcome");
  assert.equal(ok(await ann.auth.verifyEmail({ query: { token: tokenOf(link) } })).status, true);
  assert.equal(ok(await ann.auth.getSession()).user.emailVerified, true);
});

await step("a verified address needs no mail", async () => assert.deepEqual(
  refused(await ann.auth.sendVerificationEmail({ email: ann.email })), { status: 400, code: "EMAIL_ALREADY_VERIFIED" }));

await step("change the address", async () => {
  const { email } = new Person();
  assert.equal(ok(await ann.auth.changeEmail({ newEmail: email, callbackURL: "/account" })).status, true);
  assert.equal(ok(await ann.auth.getSession()).user.email, ann.email);

  const page = await ann.open(await mailedLink(email, "/api/auth/verify-email"));

  assert.equal(page, "http://localhost:3000/account");
  const { user } = ok(await ann.auth.getSession());
  assert.deepEqual([user.email, user.emailVerified], [email, true]);
});
