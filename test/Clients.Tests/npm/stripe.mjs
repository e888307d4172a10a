import assert from "node:assert/strict";
import { createServer } from "node:http";
import { once } from "node:events";
import Stripe from "stripe";
import { sandbox, step } from "./person.mjs";

const { hostname: host, port } = new URL(sandbox);
const connect = (more = {}) => new Stripe("sk_test_0123456789", { host, port, protocol: "http", telemetry: false, ...more });
const stripe = connect();
const success = "http://localhost:3000/paid?s={CHECKOUT_SESSION_ID}";
const cancel = "http://localhost:3000/billing";

/** Presses a button on the page that the person sees. */
const press = (session, button) => fetch(`${sandbox}/c/pay/${session}`, {
  method: "POST", redirect: "manual", body: new URLSearchParams({ press: button }),
});

const rejected = (promise) => promise.then(() => assert.fail("It was not refused."), (error) => error);

// A listener for webhooks that keeps what it gets, byte for byte.
const got = [];
const listener = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) { chunks.push(chunk); }
  got.push({ body: Buffer.concat(chunks), signature: request.headers["stripe-signature"] });
  response.end();
});
listener.listen(0, "127.0.0.1");
await once(listener, "listening");
const url = `http://127.0.0.1:${listener.address().port}/`;
const endpoint = await stripe.webhookEndpoints.create({ url, enabled_events: ["*"] });

let customer;
let charge;

await step("create and change a customer", async () => {
  customer = await stripe.customers.create({ email: "ann@example.com", name: "Ann", metadata: { tenant: "t1", other: "x" } });
  assert.match(customer.id, /^cus_/);
  assert.match(customer.lastResponse.requestId, /^req_/);
  const changed = await stripe.customers.update(customer.id, { name: "Ann B.", metadata: { other: "" } });
  assert.deepEqual([changed.name, changed.email, changed.metadata], ["Ann B.", "ann@example.com", { tenant: "t1" }]);
});

await step("buy a pack at the checkout", async () => {
  const price = await stripe.prices.retrieve("price_credits_30");
  assert.equal(price.unit_amount, 3000);
  const session = await stripe.checkout.sessions.create({
    mode: "payment", customer: customer.id, client_reference_id: "t1", metadata: { wopr_tenant: "t1" },
    line_items: [{ price: price.id, quantity: 1 }], success_url: success, cancel_url: cancel,
  });
  assert.match(session.url, /^https:\/\/checkout\.stripe\.com\/c\/pay\/cs_test_/);
  assert.equal((await press(session.id, "pay")).headers.get("location"), `http://localhost:3000/paid?s=${session.id}`);

  const paid = await stripe.checkout.sessions.retrieve(session.id, { expand: ["payment_intent.latest_charge", "line_items"] });
  charge = paid.payment_intent.latest_charge;
  assert.deepEqual([paid.status, paid.payment_status, paid.amount_total, charge.amount, charge.paid], ["complete", "paid", 3000, 3000, true]);
  assert.equal(paid.line_items.data[0].price.id, price.id);
  assert.equal((await stripe.checkout.sessions.listLineItems(session.id)).data.length, 1);
});

await step("refund a part, then the rest, and no more", async () => {
  const part = await stripe.refunds.create({ charge: charge.id, amount: 1000 });
  assert.deepEqual([part.amount, part.status], [1000, "succeeded"]);
  assert.equal((await stripe.refunds.create({ payment_intent: charge.payment_intent })).amount, 2000);
  const error = await rejected(stripe.refunds.create({ charge: charge.id }));
  assert.ok(error instanceof Stripe.errors.StripeInvalidRequestError);
  assert.equal(error.code, "charge_already_refunded");
});

await step("subscribe, look at the invoice, and cancel", async () => {
  const session = await stripe.checkout.sessions.create({
    mode: "subscription", customer: customer.id, line_items: [{ price: "price_subscription_5", quantity: 1 }],
    success_url: success, subscription_data: { metadata: { tenant: "t1" } },
  });
  await press(session.id, "pay");
  const { subscription, invoice } = await stripe.checkout.sessions.retrieve(session.id, { expand: ["subscription", "invoice"] });
  assert.deepEqual([subscription.status, subscription.metadata.tenant, subscription.items.data[0].price.id],
    ["active", "t1", "price_subscription_5"]);
  assert.deepEqual([invoice.amount_paid, invoice.parent.subscription_details.subscription], [500, subscription.id]);
  assert.equal((await fetch(invoice.hosted_invoice_url)).status, 200);
  assert.match(await (await fetch(invoice.invoice_pdf)).text(), /^%PDF-/);
  assert.equal((await stripe.subscriptions.update(subscription.id, { cancel_at_period_end: true })).cancel_at_period_end, true);
  assert.equal((await stripe.subscriptions.cancel(subscription.id)).status, "canceled");
});

await step("open the portal", async () => {
  const portal = await stripe.billingPortal.sessions.create({ customer: customer.id, return_url: cancel });
  assert.match(await (await fetch(portal.url)).text(), /Return/);
});

await step("charge a saved card while its holder is away", async () => {
  const method = await stripe.paymentMethods.attach("pm_card_visa", { customer: customer.id });
  const intent = await stripe.paymentIntents.create({
    amount: 2500, currency: "usd", customer: customer.id, payment_method: method.id, off_session: true, confirm: true,
  });
  assert.deepEqual([intent.status, intent.amount_received], ["succeeded", 2500]);
  assert.ok((await stripe.customers.listPaymentMethods(customer.id)).data.some((each) => each.id === method.id));
  assert.equal((await stripe.paymentMethods.detach(method.id)).customer, null);
});

await step("a declined card is a StripeCardError", async () => {
  const error = await rejected(stripe.paymentIntents.create({
    amount: 2500, currency: "usd", customer: customer.id, payment_method: "pm_card_chargeDeclined", off_session: true, confirm: true,
  }));
  assert.ok(error instanceof Stripe.errors.StripeCardError, error);
  assert.deepEqual([error.statusCode, error.code, error.decline_code], [402, "card_declined", "generic_decline"]);
  assert.equal(error.payment_intent.status, "requires_payment_method");
});

await step("mistakes are StripeInvalidRequestErrors that name the parameter", async () => {
  const price = await rejected(stripe.prices.retrieve("price_nope"));
  assert.ok(price instanceof Stripe.errors.StripeInvalidRequestError);
  assert.deepEqual([price.statusCode, price.code, price.param, price.message],
    [404, "resource_missing", "price", "No such price: 'price_nope'"]);
  const session = await rejected(stripe.checkout.sessions.create({ mode: "payment", success_url: success }));
  assert.deepEqual([session.statusCode, session.code, session.param], [400, "parameter_missing", "line_items"]);
  const stranger = await rejected(new Stripe("pk_test_0123456789", { host, port, protocol: "http" }).customers.list());
  assert.ok(stranger instanceof Stripe.errors.StripeAuthenticationError);
});

await step("an idempotency key does its work once", async () => {
  const idempotencyKey = crypto.randomUUID();
  const first = await stripe.customers.create({ email: "bob@example.com" }, { idempotencyKey });
  const again = await stripe.customers.create({ email: "bob@example.com" }, { idempotencyKey });
  assert.equal(again.id, first.id);
  assert.equal(again.lastResponse.headers["idempotent-replayed"], "true");
  const error = await rejected(stripe.customers.create({ email: "eve@example.com" }, { idempotencyKey }));
  assert.ok(error instanceof Stripe.errors.StripeIdempotencyError, error);
});

await step("lists turn their own pages", async () => {
  const email = `many-${crypto.randomUUID()}@example.com`;
  const made = [];
  for (let number = 0; number < 7; number++) { made.unshift((await stripe.customers.create({ email })).id); }
  const listed = [];
  for await (const each of stripe.customers.list({ email, limit: 3 })) { listed.push(each.id); }
  assert.deepEqual(listed, made);
});

await step("the SDK tries again by itself, and nothing is done twice", async () => {
  const email = `again-${crypto.randomUUID()}@example.com`;
  const settings = (body) => fetch(`${sandbox}/stripe/api/settings`, {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body),
  });
  await settings({ failures: 1 });
  await connect({ maxNetworkRetries: 2 }).customers.create({ email });
  assert.equal((await stripe.customers.list({ email })).data.length, 1);
});

await step("constructEvent believes every byte that was delivered, and no other", async () => {
  for (let tries = 0; tries < 500 && !got.some(({ body }) => body.includes("charge.refunded")); tries++) {
    await new Promise((done) => setTimeout(done, 10));
  }
  const events = got.map(({ body, signature }) => stripe.webhooks.constructEvent(body, signature, endpoint.secret));
  const types = events.map((event) => event.type);
  for (const type of ["customer.created", "checkout.session.completed", "charge.refunded", "customer.subscription.deleted", "invoice.paid"]) {
    assert.ok(types.includes(type), `${type} is not among ${types}`);
  }
  const completed = events.find((event) => event.type === "checkout.session.completed").data.object;
  assert.deepEqual([completed.client_reference_id, completed.amount_total], ["t1", 3000]);
  const fetched = await stripe.events.retrieve(events[0].id);
  assert.equal(fetched.type, events[0].type);

  const { body, signature } = got[0];
  const refuse = (bytes, header, secret) => assert.throws(() => stripe.webhooks.constructEvent(bytes, header, secret),
    Stripe.errors.StripeSignatureVerificationError);
  refuse(Buffer.from(body.toString().replace(/"livemode": false/, '"livemode": true ')), signature, endpoint.secret);
  refuse(body, signature, "whsec_other");
  refuse(body, signature.replace(/^t=\d+/, "t=1700000000"), endpoint.secret);
});

await stripe.webhookEndpoints.del(endpoint.id);
listener.close();
