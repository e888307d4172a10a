import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { Person, ok, password, refused, step } from "./person.mjs";

const ann = new Person();
let backupCodes, secret, now;

/** RFC 6238, from the address an authenticator app scans. */
function codeAt(timeStep) {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(timeStep));
  const hash = createHmac("sha1", secret).update(counter).digest();
  const number = hash.readUInt32BE(hash.at(-1) & 0xf) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, "0");
}

function base32(text) {
  const bits = [...text].map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0"));
  return Buffer.from(bits.join("").match(/.{8}/g).map((byte) => parseInt(byte, 2)));
}

async function signInHalfway(person) {
  assert.equal(ok(await person.signIn()).twoFactorRedirect, true);
  assert.equal(await person.isSignedIn(), false);
}

await step("prepare an app", async () => {
  await ann.signUp();
  assert.deepEqual(refused(await ann.auth.twoFactor.enable({ password: "wrong-password" })), { status: 400, code: "INVALID_PASSWORD" });
  const setup = ok(await ann.auth.twoFactor.enable({ password }));
  const uri = new URL(setup.totpURI);
  assert.equal(uri.protocol, "otpauth:");
  assert.equal(ok(await ann.auth.twoFactor.getTotpUri({ password })).totpURI, setup.totpURI);
  secret = base32(uri.searchParams.get("secret"));
  backupCodes = setup.backupCodes;
  assert.equal(new Set(backupCodes).size, 10);
});

await step("prove the app", async () => {
  now = Math.floor(Date.now() / 30_000);
  const { user, token } = ok(await ann.auth.twoFactor.verifyTotp({ code: codeAt(now) }));
  assert.equal(user.twoFactorEnabled, true);
  assert.equal(typeof token, "string");
  assert.equal(ok(await ann.auth.getSession()).user.twoFactorEnabled, true);
  ok(await ann.auth.signOut());
});

await step("sign in with the app", async () => {
  await signInHalfway(ann);
  assert.deepEqual(refused(await ann.auth.twoFactor.verifyTotp({ code: codeAt(now) })), { status: 401, code: "INVALID_CODE" });
  const { user } = ok(await ann.auth.twoFactor.verifyTotp({ code: codeAt(now + 1) }));
  assert.equal(user.email, ann.email);
  assert.equal(await ann.isSignedIn(), true);
});

await step("sign in with a backup code, once", async () => {
  const phone = ann.elsewhere();
  await signInHalfway(phone);
  ok(await phone.auth.twoFactor.verifyBackupCode({ code: backupCodes[0], trustDevice: true }));
  assert.equal(await phone.isSignedIn(), true);

  const stranger = ann.elsewhere();
  await signInHalfway(stranger);
  assert.deepEqual(refused(await stranger.auth.twoFactor.verifyBackupCode({ code: backupCodes[0] })),
    { status: 401, code: "INVALID_BACKUP_CODE" });

  ok(await phone.auth.signOut());
  assert.equal(ok(await phone.signIn()).user.email, ann.email, "A trusted device is not asked again.");
});

await step("make new backup codes", async () => {
  const renewed = ok(await ann.auth.twoFactor.generateBackupCodes({ password }));
  assert.equal(renewed.status, true);
  assert.equal(renewed.backupCodes.length, 10);
  const phone = ann.elsewhere();
  await signInHalfway(phone);
  assert.equal(refused(await phone.auth.twoFactor.verifyBackupCode({ code: backupCodes[1] })).code, "INVALID_BACKUP_CODE");
  ok(await phone.auth.twoFactor.verifyBackupCode({ code: renewed.backupCodes[0] }));
});

await step("turn it off", async () => {
  assert.equal(ok(await ann.auth.twoFactor.disable({ password })).status, true);
  ok(await ann.auth.signOut());
  assert.equal(ok(await ann.signIn()).user.twoFactorEnabled, false);
});
