import assert from "node:assert/strict";
import { TRPCClientError, createTRPCClient, httpBatchLink, httpLink } from "@trpc/client";
import { Person, ok, platform, step } from "./person.mjs";

const url = `${platform}/trpc`;
const ann = new Person();
const statuses = [];
const watched = async (...call) => {
  const response = await ann.fetch(...call);
  statuses.push(response.status);
  return response;
};

const single = createTRPCClient({ links: [httpLink({ url, fetch: ann.fetch })] });
const batched = createTRPCClient({ links: [httpBatchLink({ url, fetch: watched })] });
const stranger = createTRPCClient({ links: [httpLink({ url })] });

/** Checks the error a call must end with. */
async function refused(call, code, httpStatus, path) {
  const error = await call.then((data) => assert.fail(`Not refused: ${JSON.stringify(data)}`), (reason) => reason);
  assert.ok(error instanceof TRPCClientError, `${error}`);
  assert.ok(error.shape, `The client does not understand the answer: ${error.message}`);
  assert.deepEqual([error.data.code, error.data.httpStatus, error.data.path], [code, httpStatus, path]);
  assert.equal("stack" in error.data, false);
  return error;
}

let orgId;

await step("ask one by one", async () => {
  const { user } = await ann.signUp();
  const ping = await single.settings.ping.query();
  assert.deepEqual([ping.ok, ping.userId], [true, user.id]);
  const balance = await single.billing.creditsBalance.query({});
  assert.equal(balance.tenant, ping.tenantId);
  assert.equal(typeof balance.balance_cents, "number");
  assert.equal((await single.profile.updateProfile.mutate({ name: "Ann Other" })).name, "Ann Other");
  assert.equal(ok(await ann.auth.getSession()).user.name, "Ann Other");
  orgId = (await single.org.getOrganization.query()).id;
});

await step("invite somebody", async () => {
  const guest = new Person().email;
  const invitation = await single.org.inviteMember.mutate({ orgId, email: guest, role: "viewer" });
  assert.equal(invitation.email, guest);
});

await step("ask for many things at once", async () => {
  const [ping, balance, profile] = await Promise.all([
    batched.settings.ping.query(), batched.billing.creditsBalance.query({}), batched.profile.getProfile.query()]);
  assert.equal(balance.tenant, ping.tenantId);
  assert.equal(profile.email, ann.email);
  assert.deepEqual(statuses, [200]);
});

await step("change many things at once", async () => {
  statuses.length = 0;
  const [profile] = await Promise.all([
    batched.profile.updateProfile.mutate({ name: "Ann Third" }),
    refused(batched.org.inviteMember.mutate({ orgId, email: "nobody", role: "viewer" }), "BAD_REQUEST", 400, "org.inviteMember"),
  ]);
  assert.equal(profile.name, "Ann Third");
  assert.deepEqual(statuses, [207]);
});

await step("one bad call does not spoil a batch", async () => {
  statuses.length = 0;
  const [ping, , balance] = await Promise.all([
    batched.settings.ping.query(),
    refused(batched.nope.nothing.query(), "NOT_FOUND", 404, "nope.nothing"),
    batched.billing.creditsBalance.query({}),
  ]);
  assert.equal(balance.tenant, ping.tenantId);
  assert.deepEqual(statuses, [207]);
});

await step("bad input is refused with its issues", async () => {
  const error = await refused(single.billing.creditsBalance.query({ tenant: 7 }), "BAD_REQUEST", 400, "billing.creditsBalance");
  assert.deepEqual(JSON.parse(error.message)[0].path, ["tenant"]);
  assert.equal(error.shape.code, -32600);
});

await step("what is not there, or not so, is refused", async () => {
  await refused(single.nope.nothing.query(), "NOT_FOUND", 404, "nope.nothing");
  await refused(single.nope.nothing.mutate({}), "NOT_FOUND", 404, "nope.nothing");
  await refused(single.settings.ping.mutate(), "METHOD_NOT_SUPPORTED", 405, "settings.ping");
});

await step("strangers are refused", async () => {
  await refused(stranger.billing.creditsBalance.query({}), "UNAUTHORIZED", 401, "billing.creditsBalance");
  await refused(stranger.profile.updateProfile.mutate({ name: "Eve" }), "UNAUTHORIZED", 401, "profile.updateProfile");
});

await step("a token of the tenant is let in", async () => {
  const made = await ann.fetch(`${platform}/api/tokens`, {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ name: "script", scope: "read" }),
  });
  const { token } = await made.json();
  const script = createTRPCClient({ links: [httpBatchLink({ url, headers: { authorization: `Bearer ${token}` } })] });
  const [ping, balance] = await Promise.all([script.settings.ping.query(), script.billing.creditsBalance.query({})]);
  assert.equal(balance.tenant, ping.tenantId);
  await refused(script.profile.updateProfile.mutate({ name: "Eve" }), "FORBIDDEN", 403, "profile.updateProfile");
});
