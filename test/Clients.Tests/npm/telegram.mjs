// grammY, which many Telegram bots are made with, against the sandbox's Telegram.
import assert from "node:assert/strict";
import { Bot, GrammyError } from "grammy";
import { sandbox, step } from "./person.mjs";

const number = 100_000 + Math.floor(Math.random() * 1_000_000_000);
const control = async (verb, body = {}) => {
  const answer = await fetch(`${sandbox}/telegram/control/${number}/${verb}`,
    { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  assert.ok(answer.ok, `${verb}: ${answer.status}`);
};
const sent = async () => (await fetch(`${sandbox}/telegram/control/${number}/sent`)).json();
const until = async (holds) => {
  for (let look = 0; look < 500; look++) {
    if (await holds()) { return; }
    await new Promise((go) => setTimeout(go, 20));
  }
  assert.fail("It did not come in time.");
};

const bot = new Bot(`${number}:${"g".repeat(35)}`, { client: { apiRoot: `${sandbox}/telegram` } });
const heard = [];
bot.on("message:text", (context) => {
  heard.push(context.message.text);
  return context.reply(`You said: ${context.message.text}`, { reply_parameters: { message_id: context.message.message_id } });
});
bot.catch(() => {});

await step("the bot learns who it is", async () => {
  const me = await bot.api.getMe();
  assert.deepEqual([me.id, me.is_bot, me.username], [number, true, `wopr${number}_bot`]);
});

await step("it polls, hears and replies", async () => {
  const running = bot.start({ drop_pending_updates: true });
  await until(() => bot.isRunning());
  await control("say", { text: "Hello" });
  await until(async () => (await sent()).length === 1);
  assert.equal((await sent())[0].text, "You said: Hello");
  assert.equal((await sent())[0].reply_to_message.message_id, 1);
  await bot.stop();
  await running;
});

await step("what it has confirmed does not come again", async () => {
  await control("say", { text: "Later" });
  const running = bot.start();
  await until(() => heard.length === 2);
  await bot.stop();
  await running;
  assert.deepEqual(heard, ["Hello", "Later"]);
});

await step("refusals have Telegram's shape", async () => {
  const refused = (promise) => promise.then(() => assert.fail("It was not refused."), (error) => error);
  const unknown = await refused(bot.api.sendMessage(424242, "Hello"));
  assert.ok(unknown instanceof GrammyError);
  assert.deepEqual([unknown.error_code, unknown.description], [400, "Bad Request: chat not found"]);
  const long = await refused(bot.api.sendMessage(7, "x".repeat(4097)));
  assert.equal(long.description, "Bad Request: message is too long");
  await control("faults", { method: "sendMessage", status: 429, retry_after: 3 });
  const limited = await refused(bot.api.sendMessage(7, "Hello"));
  assert.deepEqual([limited.error_code, limited.parameters.retry_after], [429, 3]);
  await control("revoke");
  assert.equal((await refused(bot.api.getMe())).error_code, 401);
});
