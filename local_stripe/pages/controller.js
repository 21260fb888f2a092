// The hidden frame that asks the API for Stripe.js: the shop's page is of another origin and may not.

import { ask } from "./api.js";
import { connected } from "./line.js";
import { formatMoney } from "./money.js";
import { language, sayError, speak } from "./words.js";

const KINDS = { pi: "payment_intent", seti: "setup_intent" };
const NAMES = { payment_intent: "paymentIntent", setup_intent: "setupIntent" };

let key;

/** What Stripe.js resolves with: {paymentIntent}, {setupIntent} or {error}. */
async function intent(clientSecret, path, fields) {
  const [prefix] = clientSecret.split("_");
  const kind = KINDS[prefix];
  if (!kind) return { error: { type: "invalid_request_error", message: `Invalid client secret: ${clientSecret}` } };
  const { body, error } = await ask(key, path(kind, encodeURIComponent(clientSecret.split("_secret_")[0])), fields);
  return error ? { error } : { [NAMES[kind]]: translated(body) };
}

/** The intent, with what was wrong last in the payer's language. */
function translated(intent) {
  const errors = ["last_payment_error", "last_setup_error"].filter((name) => intent?.[name]);
  const said = errors.map((name) => [name, sayError(intent[name])]);
  return intent && { ...intent, ...Object.fromEntries(said) };
}

/** The Checkout Session, read or acted on, as a shop's page gets to see it: {session, intent} or {error}. */
async function checkout(clientSecret, action = "", fields = undefined) {
  const id = encodeURIComponent(clientSecret.split("_secret_")[0]);
  const query = fields ? "" : `?client_secret=${encodeURIComponent(clientSecret)}`;
  const sent = fields && { ...fields, client_secret: clientSecret };
  const { body, error } = await ask(key, `payment_pages/${id}${action}${query}`, sent);
  if (error) return { error };
  await speak(body.locale);
  return { session: session(body), intent: translated(body.payment_intent ?? body.setup_intent), url: body.success_url };
}

// https://docs.stripe.com/js/custom_checkout/session_object
function session(body) {
  const amount = (minor) => ({ minorUnitsAmount: minor, amount: formatMoney(minor, body.currency, language) });
  return {
    id: body.id,
    livemode: body.livemode,
    status: body.status === "complete" ? { type: "complete", paymentStatus: body.payment_status } : { type: body.status },
    currency: body.currency,
    email: body.customer_details?.email ?? null,
    lineItems: body.line_items.map(({ id, description, quantity, amount_total }) =>
      ({ id, name: description, quantity, total: amount(amount_total) })),
    total: { total: amount(body.amount_total ?? 0) },
  };
}

const DOES = {
  checkout: ({ clientSecret }) => checkout(clientSecret),
  payCheckout: ({ clientSecret, method, expected }) => checkout(clientSecret, "/confirm", {
    payment_method: method,
    expected_amount: expected || undefined, // to save a card costs nothing
    use_stripe_sdk: true,
  }),
  retrieve: ({ clientSecret }) =>
    intent(clientSecret, (kind, id) => `${kind}s/${id}?client_secret=${encodeURIComponent(clientSecret)}`),
  confirm: ({ clientSecret, params }) =>
    intent(clientSecret, (kind, id) => `${kind}s/${id}/confirm`, { ...params, client_secret: clientSecret }),
  abandon: ({ clientSecret, source }) =>
    intent(clientSecret, () => "3ds2/challenge_complete", { client_secret: clientSecret, source, outcome: "failed" }),
  async confirmationToken({ params }) {
    const { body, error } = await ask(key, "confirmation_tokens", params);
    return error ? { error } : { confirmationToken: body };
  },
};

connected((settings) => {
  key = settings.key;
  const ready = speak(settings.locale);
  return { ask: ({ wanted, ...details }) => ready.then(() => DOES[wanted](details)) };
});
