import assert from "node:assert/strict";
import { Person, ok, refused, step } from "./person.mjs";

const week = 7 * 24 * 3600 * 1000;
const ann = new Person();

const near = (date, expected) => {
  assert.ok(date instanceof Date, `${date} is no date to the client.`);
  assert.ok(Math.abs(date - expected) < 60_000, `${date.toISOString()} is not near ${new Date(expected).toISOString()}.`);
};

await step("sign up", async () => {
  const { user, token } = await ann.signUp();
  assert.equal(user.email, ann.email);
  assert.equal(user.emailVerified, false);
  assert.equal(typeof token, "string");
});

await step("a taken address is refused", async () => assert.deepEqual(
  refused(await ann.elsewhere().auth.signUp.email({ name: "Bob", email: ann.email, password: "Testpass2" })),
  { status: 422, code: "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL" }));

await step("see the session", async () => {
  const { user, session } = ok(await ann.auth.getSession());
  assert.equal(user.email, ann.email);
  assert.equal(session.userId, user.id);
  near(user.createdAt, Date.now());
  near(session.createdAt, Date.now());
  near(session.expiresAt, Date.now() + week);
});

await step("change the name", async () => {
  assert.equal(ok(await ann.auth.updateUser({ name: "Ann Other" })).status, true);
  assert.equal(ok(await ann.auth.getSession()).user.name, "Ann Other");
});

await step("list sessions and end another", async () => {
  const phone = ann.elsewhere();
  ok(await phone.signIn());
  const here = ok(await ann.auth.getSession()).session;
  const sessions = ok(await ann.auth.listSessions());
  assert.equal(sessions.length, 2);
  const other = sessions.find((each) => each.id !== here.id);
  near(other.createdAt, Date.now());

  assert.equal(ok(await ann.auth.revokeSession({ token: other.token })).status, true);

  assert.equal(await phone.isSignedIn(), false);
  assert.equal(await ann.isSignedIn(), true);
});

await step("end all other sessions", async () => {
  const phone = ann.elsewhere();
  ok(await phone.signIn());
  assert.equal(ok(await ann.auth.revokeOtherSessions()).status, true);
  assert.equal(await phone.isSignedIn(), false);
  assert.equal(await ann.isSignedIn(), true);
});

await step("sign out", async () => {
  assert.equal(ok(await ann.auth.signOut()).success, true);
  assert.equal(ann.cookie("session_token"), undefined);
  assert.equal(await ann.isSignedIn(), false);
  assert.equal(refused(await ann.auth.listSessions()).status, 401);
});

await step("sign in without being remembered", async () => {
  const { user, redirect } = ok(await ann.signIn({ rememberMe: false }));
  assert.equal(user.email, ann.email);
  assert.equal(redirect, false);
  assert.equal(ann.cookie("session_token").maxAge, undefined);
  near(ok(await ann.auth.getSession()).session.expiresAt, Date.now() + week / 7);
});

await step("a wrong password is refused", async () => assert.deepEqual(
  refused(await ann.elsewhere().signIn({ password: "wrong-password" })),
  { status: 401, code: "INVALID_EMAIL_OR_PASSWORD" }));
