// The local Stripe as the dashboard calls it: with its secret key, and leaving no trace in the log.
//
// Another site's page cannot do so: a browser sends these headers to nobody who did not invite them.
const HEADERS = { Authorization: "Bearer {secret_key}", "Local-Stripe-Dashboard": "looks on" };

/** The local Stripe said no, or nothing; the message is for people. */
export class Refusal extends Error {}

/** GET: `read("v1/events", { limit: 20 })`. Throws a Refusal. */
export const read = (path, params = {}) => ask("GET", `${path}?${new URLSearchParams(params)}`);

/** POST. Throws a Refusal. */
export const send = (path, form) => ask("POST", path, new URLSearchParams(form));

/** DELETE. Throws a Refusal. */
export const remove = (path, params) => ask("DELETE", `${path}?${new URLSearchParams(params)}`);

async function ask(method, path, body) {
  const response = await fetch(path, { method, headers: HEADERS, body }).catch(unanswered);
  const answer = await response.json().catch(unanswered); // a proxy says in HTML that nobody is there
  if (!response.ok) throw new Refusal(answer.error.message);
  return answer;
}

function unanswered() {
  throw new Refusal("The local Stripe does not answer. Is it still running?");
}
