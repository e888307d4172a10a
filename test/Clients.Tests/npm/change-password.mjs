import assert from "node:assert/strict";
import { Person, ok, password, refused, step } from "./person.mjs";

const next = "Otherpass2";
const ann = new Person();
const phone = ann.elsewhere();
const change = (more) => ann.auth.changePassword({ currentPassword: password, newPassword: next, ...more });

await step("sign in twice", async () => {
  await ann.signUp();
  ok(await phone.signIn());
});

await step("bad changes are refused", async () => {
  assert.deepEqual(refused(await change({ currentPassword: "wrong-password" })), { status: 400, code: "INVALID_PASSWORD" });
  assert.deepEqual(refused(await change({ newPassword: "short" })), { status: 400, code: "PASSWORD_TOO_SHORT" });
  assert.equal(await phone.isSignedIn(), true);
});

await step("change it and end the other sessions", async () => {
  const { token, user } = ok(await change({ revokeOtherSessions: true }));
  assert.equal(typeof token, "string");
  assert.equal(user.email, ann.email);
  assert.equal(await ann.isSignedIn(), true);
  assert.equal(await phone.isSignedIn(), false);
});

await step("only the new password signs in", async () => {
  assert.equal(refused(await phone.signIn()).code, "INVALID_EMAIL_OR_PASSWORD");
  ok(await phone.signIn({ password: next }));
});
