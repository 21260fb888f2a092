// Stripe's SDK for Node against the local Stripe: prints, as JSON, what became of each step.
// From the environment: where npm put it, the local Stripe's address and key. From the standard
// input: a webhook as it was delivered, and the secret that signed it.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const { LOCAL_STRIPE, MODULES, STRIPE_SECRET_KEY } = process.env;
const { body, signature, secret } = JSON.parse(readFileSync(0, "utf8"));
const Stripe = createRequire(`${MODULES}/`)("stripe");
const { hostname, port } = new URL(LOCAL_STRIPE);
const stripe = new Stripe(STRIPE_SECRET_KEY, {
  host: hostname,
  port,
  protocol: "http",
  telemetry: false,
});

const steps = {
  async customer() {
    const { id } = await stripe.customers.create({ name: "Ann", metadata: { seat: "7" } });
    const { name, metadata } = await stripe.customers.retrieve(id);
    return { name, metadata };
  },

  async payment() {
    const intent = await stripe.paymentIntents.create({ amount: 2000, currency: "usd" });
    const paid = await stripe.paymentIntents.confirm(intent.id, {
      payment_method: "pm_card_visa",
      return_url: "https://example.com/return",
      expand: ["latest_charge"],
    });
    return { status: paid.status, charged: paid.latest_charge.amount_captured };
  },

  async decline() {
    const options = {
      amount: 2000,
      currency: "usd",
      confirm: true,
      payment_method: "pm_card_visa_chargeDeclined",
      return_url: "https://example.com/return",
    };
    try {
      await stripe.paymentIntents.create(options);
    } catch (error) {
      return {
        class: error.constructor.name,
        isCardError: error instanceof Stripe.errors.StripeCardError,
        code: error.code,
        declineCode: error.decline_code,
        status: error.statusCode,
        intent: error.payment_intent.status,
      };
    }
  },

  async idempotency() {
    const once = () => stripe.customers.create({ name: "Bob" }, { idempotencyKey: "once" });
    const [first, second] = [await once(), await once()];
    return { same: first.id === second.id };
  },

  async paging() {
    for (let place = 0; place < 25; place += 1) {
      await stripe.products.create({ name: `Lamp ${place}` });
    }
    const names = [];
    for await (const product of stripe.products.list({ limit: 10 })) names.push(product.name);
    return { count: names.length, newest: names[0], oldest: names.at(-1) };
  },

  async webhook() {
    return { type: stripe.webhooks.constructEvent(body, signature, secret).type };
  },

  async forgery() {
    try {
      stripe.webhooks.constructEvent(body.replace("Ann", "Bob"), signature, secret);
    } catch (error) {
      return { class: error.constructor.name };
    }
  },
};

const outcome = {};
for (const [name, step] of Object.entries(steps)) outcome[name] = await step();
console.log(JSON.stringify(outcome));
