import assert from "node:assert/strict";
import Stripe from "stripe";
import { Person, platform, step } from "./person.mjs";

const stripe = new Stripe("sk_test_0123456789");
const secret = process.env.STRIPE_WEBHOOK_SECRET;
const ann = new Person();
let tenant;

async function balance() {
  const answer = await ann.fetch(`${platform}/trpc/billing.creditsBalance?input=%7B%7D`);
  const { result } = await answer.json();
  return result.data;
}

const post = (payload, signature) => fetch(`${platform}/api/billing/webhook`, {
  method: "POST", body: payload,
  headers: { "content-type": "application/json", ...(signature ? { "stripe-signature": signature } : {}) },
});

const sign = (payload, more = {}) => stripe.webhooks.generateTestHeaderString({ payload, secret, ...more });

/** What Stripe sends when the tenant has paid $30. */
const paid = () => {
  const id = crypto.randomUUID().replaceAll("-", "");
  return JSON.stringify({
    id: `evt_${id}`, object: "event", type: "checkout.session.completed", created: Math.floor(Date.now() / 1000), livemode: false,
    data: {
      object: {
        id: `cs_test_${id}`, object: "checkout.session", mode: "payment", status: "complete", payment_status: "paid",
        amount_subtotal: 3000, amount_total: 3000, currency: "usd", customer: null, payment_intent: `pi_${id}`,
        client_reference_id: tenant, metadata: { wopr_tenant: tenant }, livemode: false,
      },
    },
  });
};

await step("a tenant without credits", async () => {
  await ann.signUp();
  const { tenant: id, balance_cents } = await balance();
  assert.equal(balance_cents, 0);
  tenant = id;
});

await step("what the SDK signs is believed, and counts once", async () => {
  const event = paid();
  assert.equal((await post(event, sign(event))).status, 200);
  assert.equal((await post(event, sign(event))).status, 200);
  for (let tries = 0; tries < 100 && (await balance()).balance_cents === 0; tries++) {
    await new Promise((done) => setTimeout(done, 50));
  }
  assert.equal((await balance()).balance_cents, 3000);
});

// After a wrong signature the address may have to wait, so the order matters.
await step("what it did not sign is refused", async () => {
  const event = paid();
  const old = Math.floor(Date.now() / 1000) - 600;
  const answer = await post(event);
  assert.deepEqual([answer.status, await answer.json()], [400, { error: "Missing stripe-signature header" }]);
  assert.equal((await post(event.replace("3000", "9000"), sign(event))).status, 400);
  assert.notEqual((await post(event, sign(event, { timestamp: old }))).status, 200);
  assert.equal((await balance()).balance_cents, 3000);
});
