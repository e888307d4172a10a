// discord.js against the sandbox's Discord: it connects, talks, waits when told to, and recovers.
import assert from "node:assert/strict";
import { Client, Events, GatewayIntentBits, Partials } from "discord.js";
import { look, tell, until } from "./chat.mjs";
import { sandbox, step } from "./person.mjs";

const name = `js-${crypto.randomUUID().slice(0, 8)}`;
const token = `${name}.sandbox.token`;
const bot = `/discord/bots/${name}`;
const { Guilds, GuildMessages, DirectMessages, MessageContent } = GatewayIntentBits;
const connect = (intents = [Guilds, GuildMessages, DirectMessages, MessageContent]) =>
  new Client({ intents, partials: [Partials.Channel], rest: { api: `${sandbox}/discord/api`, retries: 0 } });
const refused = (promise) => promise.then(() => assert.fail("It was not refused."), (error) => error);

const client = connect();
const heard = [];
let resumed = 0;
client.on(Events.MessageCreate, (message) => { if (message.author.id !== client.user.id) { heard.push(message); } });
client.on(Events.ShardResume, () => { resumed++; });
client.on(Events.Error, () => {});
const hears = (text) => until(() => heard.some((message) => message.content.endsWith(text)), `“${text}”, but ${heard.map((each) => each.content)}`);
const last = () => heard.at(-1);

await step("it signs in and knows its server", async () => {
  const ready = new Promise((resolve) => client.once(Events.ClientReady, resolve));
  await client.login(token);
  await ready;
  assert.equal(client.user.username, name);
  assert.deepEqual(client.guilds.cache.map((guild) => guild.name), ["Sandbox"]);
});

await step("it hears a direct message and answers", async () => {
  await tell(`${bot}/say`, { user: "ann", text: "Hello" });
  await hears("Hello");
  assert.equal(last().author.username, "ann");
  await last().channel.sendTyping();
  const sent = await last().channel.send({ content: "Hi Ann", nonce: "n1", enforceNonce: true });
  const again = await last().channel.send({ content: "Hi Ann", nonce: "n1", enforceNonce: true });
  assert.equal(sent.id, again.id);
  const { said, typed } = await look(bot);
  assert.deepEqual([said.map((one) => one.text), typed], [["Hi Ann"], 1]);
});

await step("in a channel it is mentioned, and replies", async () => {
  await tell(`${bot}/say`, { user: "bob", text: "you there?", channel: "general", mentions: true });
  await hears("you there?");
  assert.ok(last().mentions.has(client.user));
  const reply = await last().reply("Yes");
  assert.equal(reply.reference.messageId, last().id);
  await tell(`${bot}/say`, { user: "bob", text: "in a new room", channel: "room-2" });
  await hears("in a new room");
  assert.equal(last().channel.name, "room-2");
});

await step("too long a text is refused, and an unknown channel", async () => {
  const error = await refused(last().channel.send("x".repeat(2001)));
  assert.deepEqual([error.name, error.status, error.code], ["DiscordAPIError[50035]", 400, 50035]);
  assert.equal((await refused(client.channels.fetch("1"))).code, 10003);
});

await step("told to slow down it waits and sends all the same", async () => {
  await tell(`${bot}/faults`, { rate_limited: 1, retry_after: 0.3 });
  await last().channel.send("late");
  await tell(`${bot}/faults`, {});
  assert.equal((await look(bot)).said.at(-1).text, "late");
});

await step("more than a channel takes comes in its time", async () => {
  const before = (await look(bot)).said.length;
  await Promise.all([1, 2, 3, 4, 5, 6, 7].map((number) => last().channel.send(`number ${number}`)));
  assert.equal((await look(bot)).said.length, before + 7);
});

await step("cut off, it resumes and misses nothing", async () => {
  for (const round of [1, 2]) {
    await tell(`${bot}/cut`, { how: "drop" });
    await tell(`${bot}/say`, { user: "ann", text: `while away ${round}` });
    await hears(`while away ${round}`);
  }
  await until(() => resumed >= 2, "it resumed");
  assert.equal((await look(bot)).identified, 1);
});

await step("asked to come back it does, with its session or a new one", async () => {
  const before = resumed;
  await tell(`${bot}/cut`, { how: "reconnect" });
  await until(() => resumed > before, "it resumed");
  await tell(`${bot}/cut`, { how: "invalid", forget: true });
  await until(async () => (await look(bot)).identified === 2, "it identified itself anew");
  await tell(`${bot}/say`, { user: "ann", text: "anew" });
  await hears("anew");
});

await step("one message delivered twice is known to be one", async () => {
  let told = 0;
  client.ws.on("MESSAGE_CREATE", ({ content }) => { if (content === "double") { told++; } });
  await tell(`${bot}/say`, { user: "ann", text: "double", times: 2 });
  await tell(`${bot}/say`, { user: "ann", text: "after it" });
  await hears("after it");
  assert.deepEqual([told, heard.filter((message) => message.content === "double").length], [2, 1]);
});

await client.destroy();

await step("a token that is none is refused", async () => {
  assert.equal((await refused(connect().login("none"))).code, "TokenInvalid");
});

await step("without the switch in the portal there are no words of messages", async () => {
  await tell(`${bot}/faults`, { has_message_content: false });
  const other = connect();
  other.on(Events.Error, () => {});
  const code = new Promise((resolve) => {
    other.on(Events.ShardDisconnect, ({ code }) => resolve(code));
    other.login(token).catch((error) => resolve(error.code));
  });
  assert.ok([4014, "DisallowedIntents"].includes(await code), `${await code}`);
  await other.destroy();

  const deaf = connect([Guilds, GuildMessages]);
  const got = new Promise((resolve) => deaf.once(Events.MessageCreate, resolve));
  await deaf.login(token);
  await tell(`${bot}/say`, { user: "ann", text: "secret", channel: "general" });
  assert.equal((await got).content, "");
  await deaf.destroy();
});
process.exit(0);
