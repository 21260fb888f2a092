// Calls of the local Stripe's API from its own pages, with a publishable key.

import { say, sayError } from "./words.js";

/** Ask for `path` below /v1/; gives {body}, or Stripe's {error} in the payer's language. With `fields`, nested as
 * they like, a POST.
 */
export async function ask(key, path, fields) {
  const headers = { Authorization: `Bearer ${key}` };
  const sent = fields ? { method: "POST", body: new URLSearchParams(pairs(fields)) } : {};
  try {
    const response = await fetch(new URL(`../v1/${path}`, import.meta.url), { headers, ...sent });
    const body = await response.json();
    return response.ok ? { body } : { error: sayError(body.error) };
  } catch {
    return { error: { type: "api_connection_error", message: say("The local Stripe did not answer.") } };
  }
}

/** {card: {exp_month: 12}} -> [["card[exp_month]", 12]], without what is undefined or null. */
function pairs(value, name = "") {
  if (value === undefined || value === null) return [];
  if (typeof value !== "object") return [[name, value]];
  return Object.entries(value).flatMap(([key, inner]) => pairs(inner, name ? `${name}[${key}]` : key));
}
