// Where it goes, with which key, and what the models are called comes from outside: every provider of Anthropic's protocol, and
// whoever stands before one, has to come to the end of it. The models answer as the sandbox's do.
import assert from "node:assert/strict";
import Anthropic from "@anthropic-ai/sdk";
import { step } from "./person.mjs";

const { ANTHROPIC_MODEL: model, ANTHROPIC_SLOW_MODEL: slow, ANTHROPIC_FAULTY_MODEL: faulty } = process.env;
const connect = (more = {}) => new Anthropic({ maxRetries: 0, timeout: 30_000, ...more });
const anthropic = connect();

const max_tokens = 200;
const user = (content) => ({ role: "user", content });
const tools = [{
  name: "get_weather", description: "The weather of a city.",
  input_schema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
}];
const callWeather = 'call get_weather {"city":"Oslo"}';
const png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

const rejected = (promise) => promise.then(() => assert.fail("It was not refused."), (error) => error);
const textOf = (message) => message.content.filter((block) => block.type === "text").map((block) => block.text).join("");
const create = (text, more = {}) => anthropic.messages.create({ model, max_tokens, messages: [user(text)], ...more });

await step("a whole answer, with what it used", async () => {
  const answer = await create("Hello, wörld 🌍!");
  assert.deepEqual([answer.type, answer.role, answer.stop_reason, answer.stop_sequence], ["message", "assistant", "end_turn", null]);
  assert.ok(answer.id && answer.model);
  assert.deepEqual(answer.content.map((block) => [block.type, block.text]), [["text", "You said: Hello, wörld 🌍!"]]);
  assert.ok(answer.usage.input_tokens > 0 && answer.usage.output_tokens > 0);
});

await step("the conversation is remembered, and so is the system prompt", async () => {
  const messages = [
    user("Hi, my name is Ann."), { role: "assistant", content: "Hello!" }, user([{ type: "text", text: "What is my name?" }]),
  ];
  assert.equal(textOf(await create("", { messages })), "Your name is Ann.");
  assert.equal(textOf(await create("What is your system prompt?", { system: "Be brief." })), "My system prompt is: Be brief.");
  assert.equal(textOf(await create("What is your system prompt?", { system: [{ type: "text", text: "Be nice." }] })),
    "My system prompt is: Be nice.");
});

await step("an answer is cut at its limit and at a stop", async () => {
  const cut = await create("one two three four five six seven", { max_tokens: 4 });
  assert.deepEqual([cut.stop_reason, cut.usage.output_tokens], ["max_tokens", 4]);
  const stopped = await create("one two three", { stop_sequences: ["two"] });
  assert.equal(textOf(stopped), "You said: one ");
  // Who translates from a protocol that does not tell which stop it was cannot tell either.
  assert.ok(["stop_sequence", "end_turn"].includes(stopped.stop_reason));
});

await step("an image is seen", async () => {
  const source = { type: "base64", media_type: "image/png", data: png };
  assert.equal(textOf(await create([{ type: "text", text: "look" }, { type: "image", source }])), "You said: look [1 image]");
});

await step("a stream has its events in their order, and tells the usage", async () => {
  const [types, texts] = [[], []];
  let usage;
  let reason;
  for await (const event of await create("Hello, wörld 🌍!", { stream: true })) {
    types.push(event.type);
    if (event.type === "message_start") { assert.equal(event.message.role, "assistant"); }
    if (event.type === "content_block_delta") { texts.push(event.delta.text); }
    if (event.type === "message_delta") { [usage, reason] = [event.usage, event.delta.stop_reason]; }
  }
  assert.deepEqual([types[0], types[1], types.at(-3), types.at(-2), types.at(-1)],
    ["message_start", "content_block_start", "content_block_stop", "message_delta", "message_stop"]);
  assert.ok(texts.length > 1, "It came in one piece.");
  assert.deepEqual([texts.join(""), reason], ["You said: Hello, wörld 🌍!", "end_turn"]);
  assert.ok(usage.output_tokens > 0);
});

await step("the stream helper comes to the same message", async () => {
  const stream = anthropic.messages.stream({ model, max_tokens, messages: [user("Hello")] });
  const texts = [];
  stream.on("text", (text) => texts.push(text));
  const message = await stream.finalMessage();
  assert.deepEqual([textOf(message), texts.join(""), message.stop_reason], ["You said: Hello", "You said: Hello", "end_turn"]);
  assert.ok(message.usage.output_tokens > 0);
});

await step("a tool is called, and its result is spoken of", async () => {
  const messages = [user(callWeather)];
  const called = await create("", { messages, tools });
  assert.equal(called.stop_reason, "tool_use");
  const [call, ...others] = called.content.filter((block) => block.type === "tool_use");
  assert.equal(others.length, 0);
  assert.deepEqual([call.name, call.input], ["get_weather", { city: "Oslo" }]);
  messages.push({ role: "assistant", content: called.content }, user([{ type: "tool_result", tool_use_id: call.id, content: "sunny" }]));
  assert.equal(textOf(await create("", { messages, tools })), "The result of get_weather was: sunny");
});

await step("two tools in a stream", async () => {
  const twice = `${callWeather}\ncall get_weather {"city":"Rome"}`;
  const messages = [user(twice)];
  const stream = anthropic.messages.stream({ model, max_tokens, messages, tools });
  const message = await stream.finalMessage();
  const calls = message.content.filter((block) => block.type === "tool_use");
  assert.equal(message.stop_reason, "tool_use");
  assert.deepEqual(calls.map((call) => call.input.city), ["Oslo", "Rome"]);
  messages.push({ role: "assistant", content: message.content }, user(calls.map((call) =>
    ({ type: "tool_result", tool_use_id: call.id, content: [{ type: "text", text: `fine in ${call.input.city}` }] }))));
  assert.equal(textOf(await create("", { messages, tools })),
    "The result of get_weather was: fine in Oslo The result of get_weather was: fine in Rome");
});

await step("tools are forbidden, demanded and named", async () => {
  assert.equal(textOf(await create(callWeather, { tools, tool_choice: { type: "none" } })), `You said: ${callWeather}`);
  for (const tool_choice of [{ type: "any" }, { type: "tool", name: "get_weather" }]) {
    assert.equal((await create("Hello", { tools, tool_choice })).content.at(-1).name, "get_weather");
  }
});

await step("tokens are counted before they are used", async () => {
  const short = await anthropic.messages.countTokens({ model, messages: [user("Hello")] });
  const long = await anthropic.messages.countTokens({ model, system: "Be brief.", messages: [user("Hello ".repeat(100))], tools });
  assert.ok(short.input_tokens > 0 && long.input_tokens > short.input_tokens + 50);
});

await step("models are listed, and one is shown", async () => {
  const ids = [];
  for await (const each of anthropic.models.list()) { ids.push(each.id); }
  assert.ok(ids.length > 0);
  assert.equal((await anthropic.models.retrieve(ids[0])).id, ids[0]);
});

await step("mistakes are errors of their class", async () => {
  const bad = await rejected(create("", { messages: [] }));
  assert.ok(bad instanceof Anthropic.BadRequestError, bad);
  assert.deepEqual([bad.error.type, bad.error.error.type], ["error", "invalid_request_error"]);
  assert.ok(bad.error.error.message);
  const orphan = await rejected(create("", { messages: [user([{ type: "tool_result", tool_use_id: "none", content: "x" }])] }));
  assert.ok(orphan instanceof Anthropic.BadRequestError, orphan);
  assert.ok((await rejected(create("Hello", { model: "sandbox/no-such-model" }))) instanceof Anthropic.NotFoundError);
  const stranger = await rejected(connect({ apiKey: "nobody-knows-this-key" }).messages.create(
    { model, max_tokens, messages: [user("Hello")] }));
  assert.ok(stranger instanceof Anthropic.AuthenticationError, stranger);
  assert.equal(stranger.error.error.type, "authentication_error");
});

if (faulty) {
  await step("the SDK tries again by itself", async () => {
    const answer = await connect({ maxRetries: 3 }).messages.create({ model: faulty, max_tokens, messages: [user("Hello")] });
    assert.equal(textOf(answer), "You said: Hello");
  });
}

await step("an answer can be left in its middle", async () => {
  const stream = anthropic.messages.stream({ model: slow, max_tokens: 4000, messages: [user("Hello")] });
  stream.once("text", () => stream.abort());
  assert.ok((await rejected(stream.finalMessage())) instanceof Anthropic.APIUserAbortError);

  const early = new AbortController();
  const never = anthropic.messages.create({ model: slow, max_tokens: 4000, messages: [user("Hello")] }, { signal: early.signal });
  early.abort();
  assert.ok((await rejected(never)) instanceof Anthropic.APIUserAbortError);
});
