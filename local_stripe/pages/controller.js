// The hidden frame that asks the API for Stripe.js: the shop's page is of another origin and may not.

import { ask } from "./api.js";
import { connected } from "./line.js";

const KINDS = { pi: "payment_intent", seti: "setup_intent" };
const NAMES = { payment_intent: "paymentIntent", setup_intent: "setupIntent" };

let key;

/** What Stripe.js resolves with: {paymentIntent}, {setupIntent} or {error}. */
async function intent(clientSecret, path, fields) {
  const [prefix] = clientSecret.split("_");
  const kind = KINDS[prefix];
  if (!kind) return { error: { type: "invalid_request_error", message: `Invalid client secret: ${clientSecret}` } };
  const { body, error } = await ask(key, path(kind, encodeURIComponent(clientSecret.split("_secret_")[0])), fields);
  return error ? { error } : { [NAMES[kind]]: body };
}

const DOES = {
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
  return { ask: ({ wanted, ...details }) => DOES[wanted](details) };
});
