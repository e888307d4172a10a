// Slack's own clients against the sandbox's Slack: they connect, talk, wait when told to, and recover.
import assert from "node:assert/strict";
import { SocketModeClient } from "@slack/socket-mode";
import { WebClient } from "@slack/web-api";
import { look, tell, until } from "./chat.mjs";
import { sandbox, step } from "./person.mjs";

const name = `js-${crypto.randomUUID().slice(0, 8)}`;
const app = `/slack/apps/${name}`;
const slackApiUrl = `${sandbox}/slack/api/`;
const quiet = { debug() {}, info() {}, warn() {}, error() {}, setLevel() {}, getLevel() {}, setName() {} };
const web = (token = `xoxb-${name}`) => new WebClient(token, { slackApiUrl, logger: quiet, retryConfig: { retries: 1, minTimeout: 10 } });
const refused = (promise) => promise.then(() => assert.fail("It was not refused."), (error) => error);

const client = web();
const socket = new SocketModeClient({ appToken: `xapp-${name}`, logger: quiet, clientOptions: { slackApiUrl } });
const heard = [];
let isAcknowledging = true;
let connected = 0;
for (const type of ["message", "app_mention"]) {
  socket.on(type, async ({ event, ack, retry_num }) => {
    heard.push({ type, retry: retry_num, ...event });
    if (isAcknowledging) { await ack(); }
  });
}
socket.on("connected", () => { connected++; });
const hears = (text, type = "message") => until(() => heard.some((event) => event.type === type && event.text.endsWith(text)),
  `“${text}”, but ${JSON.stringify(heard.map((event) => event.text))}`);

await step("who it is", async () => {
  const self = await client.auth.test();
  assert.deepEqual([self.ok, self.user, self.team], [true, name, "Sandbox"]);
  assert.ok(self.response_metadata.scopes.includes("chat:write"));
});

await step("it connects, hears a direct message and answers", async () => {
  await socket.start();
  const { channel } = await tell(`${app}/say`, { user: "ann", text: "Hello" });
  await hears("Hello");
  assert.deepEqual([heard[0].channel, heard[0].channel_type, heard[0].retry], [channel, "im", 0]);
  const sent = await client.chat.postMessage({ channel, text: "Hi Ann" });
  assert.equal(sent.message.text, "Hi Ann");
  await until(async () => (await look(app)).open === 0, "all is acknowledged");
  assert.deepEqual((await look(app)).said.map((one) => one.text), ["Hi Ann"]);
});

await step("in a channel it is mentioned, and answers in the thread", async () => {
  const { channel, ts } = await tell(`${app}/say`, { user: "bob", text: "you there?", channel: "general", mentions: true });
  await hears("you there?", "app_mention");
  await client.chat.postMessage({ channel, text: "Yes", thread_ts: ts });
  assert.equal((await look(app)).said.at(-1).thread_ts, ts);
});

await step("what is not acknowledged is delivered again", async () => {
  await tell(`${app}/faults`, { ack_ms: 200, retries_ms: [50, 50, 50, 50, 50] });
  isAcknowledging = false;
  await tell(`${app}/say`, { user: "ann", text: "again" });
  await until(() => heard.some((event) => event.text === "again" && event.retry > 0), "a second delivery");
  isAcknowledging = true;
  await until(async () => (await look(app)).open === 0, "it is acknowledged at last");
});

await step("cut off or asked to, it connects again and misses nothing", async () => {
  await tell(`${app}/faults`, { ack_ms: 300, retries_ms: Array(100).fill(100) });
  for (const how of ["drop", "refresh_requested", "warning"]) {
    const before = connected;
    await tell(`${app}/cut`, { how });
    await tell(`${app}/say`, { user: "ann", text: `after ${how}` });
    await hears(`after ${how}`);
    await until(() => connected > before, `it connected again after ${how}`);
  }
});

await step("told to slow down it waits and sends all the same", async () => {
  await tell(`${app}/faults`, { rate_limited: 1, retry_after: 1 });
  const { channel } = await tell(`${app}/say`, { user: "ann", text: "quick" });
  assert.ok((await client.chat.postMessage({ channel, text: "late" })).ok);
  const strict = new WebClient(`xoxb-${name}`, { slackApiUrl, logger: quiet, rejectRateLimitedCalls: true });
  await tell(`${app}/faults`, { rate_limited: 1, retry_after: 7 });
  const error = await refused(strict.chat.postMessage({ channel, text: "never" }));
  assert.deepEqual([error.code, error.retryAfter], ["slack_webapi_rate_limited_error", 7]);
});

await step("refusals have their names", async () => {
  const why = async (promise) => (await refused(promise)).data.error;
  const { channel } = await tell(`${app}/say`, { user: "ann", text: "hi", channel: "general" });
  await tell(`${app}/faults`, { is_outside: true });
  assert.equal(await why(client.chat.postMessage({ channel, text: "hi" })), "not_in_channel");
  assert.equal(await why(client.chat.postMessage({ channel: "C000", text: "hi" })), "channel_not_found");
  assert.equal(await why(web("xoxx-none").auth.test()), "invalid_auth");
  assert.equal(await why(web().apps.connections.open()), "not_allowed_token_type");
  await tell(`${app}/faults`, { missing_scope: "chat:write" });
  const { needed, error } = (await refused(client.chat.postMessage({ channel, text: "hi" }))).data;
  assert.deepEqual([error, needed], ["missing_scope", "chat:write"]);
});

await socket.disconnect();
process.exit(0);
