import assert from "node:assert/strict";
import { Person, mailedLink, ok, refused, step } from "./person.mjs";

const next = "Otherpass2";
const ann = new Person();
const elsewhere = ann.elsewhere();
let token;

await step("ask for the mail", async () => {
  await ann.signUp();
  const { status } = ok(await elsewhere.auth.requestPasswordReset({ email: ann.email, redirectTo: "/reset-password" }));
  assert.equal(status, true);
});

await step("a stranger's address is answered alike", async () => assert.equal(
  ok(await elsewhere.auth.requestPasswordReset({ email: new Person().email, redirectTo: "/reset-password" })).status, true));

await step("a page of strangers is refused", async () => assert.deepEqual(
  refused(await elsewhere.auth.requestPasswordReset({ email: ann.email, redirectTo: "https://evil.example/" })),
  { status: 403, code: "INVALID_CALLBACKURL" }));

await step("open the link", async () => {
  const page = new URL(await elsewhere.open(await mailedLink(ann.email, "/api/auth/reset-password/")));
  assert.equal(page.origin + page.pathname, "http://localhost:3000/reset-password");
  token = page.searchParams.get("token");
});

await step("set the password", async () => {
  assert.equal(refused(await elsewhere.auth.resetPassword({ newPassword: "short", token })).code, "PASSWORD_TOO_SHORT");
  assert.equal(ok(await elsewhere.auth.resetPassword({ newPassword: next, token })).status, true);
});

await step("the link works once", async () => assert.deepEqual(
  refused(await elsewhere.auth.resetPassword({ newPassword: next, token })), { status: 400, code: "INVALID_TOKEN" }));

await step("the session of before is over", async () => assert.equal(await ann.isSignedIn(), false));

await step("only the new password signs in", async () => {
  assert.equal(refused(await ann.signIn()).code, "INVALID_EMAIL_OR_PASSWORD");
  ok(await ann.signIn({ password: next }));
});
