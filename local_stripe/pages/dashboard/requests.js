// Requests: the latest that the local Stripe was asked. Card numbers and secrets do not even get here.
import { read } from "./api.js";
import { badge, facts, folded, json, linkTo, make, when } from "./elements.js";
import { listOf, oneOf } from "./list.js";

const one = (id) => read(`_local/requests/${encodeURIComponent(id)}`);
const details = async ({ id }) => told(await one(id));

const shared = { line, details, nothing: "Nobody has asked anything yet." };

/** All requests, or the one with this id. */
export function requests(id) {
  if (!id) return listOf({ ...shared, read: (page) => read("_local/requests", page) });
  let found; // a request never changes, and the log forgets it in time
  return oneOf({
    ...shared,
    details: told,
    all: "All requests",
    path: "#requests",
    read: async () => ({ data: [found ??= await one(id)], has_more: false }),
  });
}

function line({ at, method, path, replayed, status }) {
  return [
    make("span", {}, badge(String(status), status < 400 ? "good" : "bad"), replayed ? badge("replayed") : ""),
    make("span", { class: "what wide" }, `${method} ${path}`),
    when(at),
  ];
}

/** What a request unfolds to. */
function told({ answer, body, id, idempotency_key, query, user_agent, version }) {
  const sent = { ...query, ...body };
  return [
    facts({
      Request: linkTo("requests", id),
      "Idempotency key": idempotency_key,
      "API version": version,
      "Asked by": user_agent,
      Error: answer.error?.message,
    }),
    Object.keys(sent).length ? folded("What was sent", json(sent, "What was sent")) : make("p", { class: "soft" }, "It was sent without parameters."),
    folded("What was answered", json(answer, "What was answered")),
  ];
}
