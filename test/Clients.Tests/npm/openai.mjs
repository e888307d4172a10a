// Where it goes, with which key, and what the models are called comes from outside: every provider of OpenAI's protocol, and
// whoever stands before one, has to come to the end of it. The models answer as the sandbox's do.
import assert from "node:assert/strict";
import OpenAI from "openai";
import { step } from "./person.mjs";

const { OPENAI_MODEL: model, OPENAI_SLOW_MODEL: slow, OPENAI_EMBEDDING_MODEL: embedder, OPENAI_FAULTY_MODEL: faulty } = process.env;
const connect = (more = {}) => new OpenAI({ maxRetries: 0, timeout: 30_000, ...more });
const openai = connect();

const user = (content) => ({ role: "user", content });
const weather = {
  name: "get_weather", description: "The weather of a city.",
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"], additionalProperties: false },
};
const tools = [{ type: "function", function: weather }];
const callWeather = 'call get_weather {"city":"Oslo"}';
const png = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

const rejected = (promise) => promise.then(() => assert.fail("It was not refused."), (error) => error);

function adds(usage) {
  assert.ok(usage.prompt_tokens > 0 && usage.completion_tokens > 0, JSON.stringify(usage));
  assert.equal(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens);
}

await step("a whole answer, with what it used", async () => {
  const answer = await openai.chat.completions.create({ model, messages: [user("Hello, wörld 🌍!")] });
  assert.equal(answer.object, "chat.completion");
  assert.ok(answer.id && answer.model && answer.created > 1_600_000_000);
  const [{ index, message, finish_reason }] = answer.choices;
  assert.deepEqual([index, message.role, message.content, finish_reason], [0, "assistant", "You said: Hello, wörld 🌍!", "stop"]);
  adds(answer.usage);
});

await step("the conversation is remembered, and so is the system prompt", async () => {
  const messages = [
    { role: "system", content: "Be brief." }, user("Hi, my name is Ann."), { role: "assistant", content: "Hello!" },
    user([{ type: "text", text: "What is my name?" }]),
  ];
  assert.equal((await openai.chat.completions.create({ model, messages })).choices[0].message.content, "Your name is Ann.");
  messages[3] = user("What is your system prompt?");
  assert.equal((await openai.chat.completions.create({ model, messages })).choices[0].message.content, "My system prompt is: Be brief.");
});

await step("an answer is cut at its limit and at a stop", async () => {
  const cut = await openai.chat.completions.create({ model, messages: [user("one two three four five six seven")], max_tokens: 4 });
  assert.deepEqual([cut.choices[0].finish_reason, cut.usage.completion_tokens], ["length", 4]);
  const stopped = await openai.chat.completions.create({ model, messages: [user("one two three")], stop: ["two"] });
  assert.deepEqual([stopped.choices[0].message.content, stopped.choices[0].finish_reason], ["You said: one ", "stop"]);
});

await step("an image is seen", async () => {
  const content = [{ type: "text", text: "look" }, { type: "image_url", image_url: { url: png } }];
  const answer = await openai.chat.completions.create({ model, messages: [user(content)] });
  assert.equal(answer.choices[0].message.content, "You said: look [1 image]");
});

await step("a stream brings the same answer, and its usage last", async () => {
  const stream = await openai.chat.completions.create({
    model, messages: [user("Hello, wörld 🌍!")], stream: true, stream_options: { include_usage: true },
  });
  const [texts, finishes, usages] = [[], [], []];
  for await (const chunk of stream) {
    assert.equal(chunk.object, "chat.completion.chunk");
    assert.equal(usages.length, 0, "Something came after the usage.");
    for (const { delta, finish_reason } of chunk.choices) {
      if (delta.content) { texts.push(delta.content); }
      if (finish_reason) { finishes.push(finish_reason); }
    }
    if (chunk.usage) { usages.push(chunk.usage); }
  }
  assert.deepEqual([texts.join(""), finishes], ["You said: Hello, wörld 🌍!", ["stop"]]);
  assert.ok(texts.length > 1, "It came in one piece.");
  assert.equal(usages.length, 1);
  adds(usages[0]);
});

await step("a stream tells no usage to who did not ask", async () => {
  for await (const chunk of await openai.chat.completions.create({ model, messages: [user("Hello")], stream: true })) {
    assert.equal(chunk.usage ?? null, null);
    assert.equal(chunk.choices.length, 1);
  }
});

await step("a tool is called, and its result is spoken of", async () => {
  const messages = [user(callWeather)];
  const called = await openai.chat.completions.create({ model, messages, tools });
  const [{ message, finish_reason }] = called.choices;
  assert.equal(finish_reason, "tool_calls");
  const [call, ...others] = message.tool_calls;
  assert.equal(others.length, 0);
  assert.deepEqual([call.type, call.function.name, JSON.parse(call.function.arguments)], ["function", "get_weather", { city: "Oslo" }]);
  messages.push(message, { role: "tool", tool_call_id: call.id, content: "sunny" });
  const told = await openai.chat.completions.create({ model, messages, tools });
  assert.equal(told.choices[0].message.content, "The result of get_weather was: sunny");
});

await step("tools are forbidden, demanded and named", async () => {
  const ask = async (text, tool_choice) =>
    (await openai.chat.completions.create({ model, messages: [user(text)], tools, tool_choice })).choices[0].message;
  assert.equal((await ask(callWeather, "none")).content, `You said: ${callWeather}`);
  assert.equal((await ask("Hello", "required")).tool_calls[0].function.name, "get_weather");
  assert.equal((await ask("Hello", { type: "function", function: { name: "get_weather" } })).tool_calls[0].function.name, "get_weather");
});

await step("the SDK's own helpers: two calls in a stream, and tools that run themselves", async () => {
  const twice = `${callWeather}\ncall get_weather {"city":"Rome"}`;
  const stream = openai.chat.completions.stream({ model, messages: [user(twice)], tools });
  const { choices: [{ message, finish_reason }] } = await stream.finalChatCompletion();
  assert.equal(finish_reason, "tool_calls");
  assert.deepEqual(message.tool_calls.map((call) => JSON.parse(call.function.arguments).city), ["Oslo", "Rome"]);
  assert.equal(new Set(message.tool_calls.map((call) => call.id)).size, 2);

  const runner = openai.chat.completions.runTools({
    model, messages: [user(callWeather)], stream: true,
    tools: [{ type: "function", function: { ...weather, parse: JSON.parse, function: ({ city }) => `rain in ${city}` } }],
  });
  assert.equal(await runner.finalContent(), "The result of get_weather was: rain in Oslo");
});

await step("the old completions, whole and in a stream", async () => {
  const answer = await openai.completions.create({ model, prompt: "Hello" });
  assert.deepEqual([answer.object, answer.choices[0].text, answer.choices[0].finish_reason], ["text_completion", "You said: Hello", "stop"]);
  adds(answer.usage);
  const texts = [];
  for await (const chunk of await openai.completions.create({ model, prompt: "Hello", stream: true })) {
    texts.push(...chunk.choices.map((choice) => choice.text));
  }
  assert.equal(texts.join(""), "You said: Hello");
});

await step("a response, whole and in a stream", async () => {
  const answer = await openai.responses.create({
    model, instructions: "Be brief.", input: [user("My name is Ann."), { role: "assistant", content: "Hello!" }, user("What is my name?")],
  });
  assert.deepEqual([answer.status, answer.output_text], ["completed", "Your name is Ann."]);
  assert.equal(answer.usage.total_tokens, answer.usage.input_tokens + answer.usage.output_tokens);

  const stream = openai.responses.stream({ model, input: "Hello" });
  const types = [];
  for await (const event of stream) { types.push(event.type); }
  assert.deepEqual([types[0], types.at(-1)], ["response.created", "response.completed"]);
  assert.ok(types.filter((type) => type === "response.output_text.delta").length > 1);
  const done = await stream.finalResponse();
  assert.equal(done.output_text, "You said: Hello");
  assert.ok(done.usage.output_tokens > 0);
});

await step("a response that calls a tool, and one that is cut", async () => {
  const options = { model, tools: [{ type: "function", strict: true, ...weather }] };
  const input = [user(callWeather)];
  const called = await openai.responses.stream({ ...options, input }).finalResponse();
  const call = called.output.find((item) => item.type === "function_call");
  assert.deepEqual([call.name, JSON.parse(call.arguments)], ["get_weather", { city: "Oslo" }]);
  input.push({ type: "function_call", call_id: call.call_id, name: call.name, arguments: call.arguments });
  input.push({ type: "function_call_output", call_id: call.call_id, output: "sunny" });
  assert.equal((await openai.responses.create({ ...options, input })).output_text, "The result of get_weather was: sunny");

  const cut = await openai.responses.create({ model, input: "long ".repeat(100), max_output_tokens: 16 });
  assert.deepEqual([cut.status, cut.incomplete_details.reason, cut.usage.output_tokens], ["incomplete", "max_output_tokens", 16]);
});

if (embedder) {
  await step("embeddings are unit vectors, as floats and packed", async () => {
    const input = ["the cat sat", "a cat sat there", "stocks fell sharply"];
    const packed = await openai.embeddings.create({ model: embedder, input });
    const plain = await openai.embeddings.create({ model: embedder, input, encoding_format: "float" });
    assert.deepEqual(packed.data.map((each) => each.index), [0, 1, 2]);
    const [cat, other, stocks] = plain.data.map((each) => each.embedding);
    assert.equal(packed.data[0].embedding.length, cat.length);
    assert.ok(packed.data[0].embedding.every((number, index) => Math.abs(number - cat[index]) < 1e-6));
    const dot = (left, right) => left.reduce((sum, number, index) => sum + number * right[index], 0);
    assert.ok(Math.abs(dot(cat, cat) - 1) < 1e-3);
    assert.ok(dot(cat, other) > dot(cat, stocks) + 0.1);
    assert.ok(plain.usage.prompt_tokens > 0);
    assert.equal(plain.usage.total_tokens, plain.usage.prompt_tokens);
  });
}

await step("models are listed, and one is shown", async () => {
  const ids = [];
  for await (const each of openai.models.list()) { ids.push(each.id); }
  assert.ok(ids.length > 0);
  assert.deepEqual([(await openai.models.retrieve(ids[0])).id, (await openai.models.retrieve(ids[0])).object], [ids[0], "model"]);
});

await step("mistakes are errors of their class", async () => {
  const create = (more, client = openai) => rejected(client.chat.completions.create({ model, messages: [user("Hello")], ...more }));
  const bad = await create({ messages: [] });
  assert.ok(bad instanceof OpenAI.BadRequestError, bad);
  assert.ok(bad.message && bad.error.message && bad.type);
  const orphan = await create({ messages: [user("Hello"), { role: "tool", tool_call_id: "none", content: "x" }] });
  assert.ok(orphan instanceof OpenAI.BadRequestError, orphan);
  const unknown = await create({ model: "sandbox/no-such-model" });
  assert.ok(unknown instanceof OpenAI.NotFoundError, unknown);
  assert.ok((await create({ model: "sandbox/no-such-model", stream: true })) instanceof OpenAI.NotFoundError);
  const stranger = await create({}, connect({ apiKey: "nobody-knows-this-key" }));
  assert.ok(stranger instanceof OpenAI.AuthenticationError, stranger);
  assert.equal(stranger.status, 401);
});

if (faulty) {
  await step("the SDK tries again by itself", async () => {
    const answer = await connect({ maxRetries: 3 }).chat.completions.create({ model: faulty, messages: [user("Hello")] });
    assert.equal(answer.choices[0].message.content, "You said: Hello");
  });
}

await step("an answer can be left in its middle", async () => {
  const stream = await openai.chat.completions.create({ model: slow, messages: [user("Hello")], stream: true });
  let chunks = 0;
  for await (const _ of stream) { if (++chunks === 3) { break; } }
  assert.equal(chunks, 3);

  // The SDK ends the loop of whoever leaves, without an error.
  const leaving = new AbortController();
  const left = await openai.chat.completions.create(
    { model: slow, messages: [user("Hello")], stream: true }, { signal: leaving.signal });
  let more = 0;
  for await (const _ of left) {
    more++;
    leaving.abort();
  }
  assert.ok(more < 50, `${more} chunks came after leaving.`);

  const early = new AbortController();
  const never = openai.chat.completions.create({ model: slow, messages: [user("Hello")] }, { signal: early.signal });
  early.abort();
  assert.ok((await rejected(never)) instanceof OpenAI.APIUserAbortError);
});
