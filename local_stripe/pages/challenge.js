// The bank's page: shows what is to be paid, asks its owner, and leads back to the shop.
//
// Its address holds the intent, its client secret, a publishable key and the id of this challenge, as
// at Stripe. Opened by Stripe.js in a frame, it tells the page around it instead of leading back.
import { formatMoney } from "../v3/money.js";

const asked = new URLSearchParams(location.search);
const kind = asked.has("setup_intent") ? "setup_intent" : "payment_intent";
const id = asked.get(kind) ?? "";
const secret = asked.get(`${kind}_client_secret`) ?? "";
const source = asked.get("source") ?? "";

const element = (id) => document.getElementById(id);
const say = (id, text) => { element(id).textContent = text; };

class Refusal extends Error {}

/** What the local Stripe answers. Throws a Refusal with its words, or a TypeError without an answer. */
async function call(path, form) {
  const response = await fetch(`../v1/${path}`, {
    method: form ? "POST" : "GET",
    headers: { Authorization: `Bearer ${asked.get("publishable_key")}` },
    body: form && new URLSearchParams(form),
  });
  const body = await response.json();
  if (!response.ok) throw new Refusal(body.error.message);
  return body;
}

const read = () => call(`${kind}s/${encodeURIComponent(id)}?${new URLSearchParams({ client_secret: secret, "expand[]": "payment_method" })}`);

const ENDS = {
  succeeded: "It was completed.",
  requires_capture: "It was completed.",
  processing: "It was completed.",
  canceled: "The payment was canceled.",
};

let action; // what the intent waits for, while it waits for us

async function start() {
  const intent = await read();
  action = intent.next_action;
  if (intent.status !== "requires_action" || !address(action).endsWith(`source=${source}`)) return over(intent);
  ask(intent);
}

/** Where the intent says that its challenge is: another one may have taken our place. */
const address = ({ redirect_to_url, use_stripe_sdk }) => (redirect_to_url?.url ?? use_stripe_sdk.stripe_js);

function ask({ amount, currency, created, payment_method: { card } }) {
  const setup = kind === "setup_intent";
  say("title", setup ? "Is it you who saves this card?" : "Is it you who pays?");
  say("story", setup ? "A shop asks to keep this card for later payments." : "A shop asks for a payment from this card.");
  element("amount-row").hidden = setup;
  if (!setup) say("amount", formatMoney(amount, currency));
  say("card", `${card.brand[0].toUpperCase()}${card.brand.slice(1)} ···· ${card.last4}`);
  say("date", new Date(created * 1000).toLocaleDateString("en-US", { dateStyle: "medium" }));
  element("facts").hidden = element("answers").hidden = false;
}

function over(intent) {
  say("title", "This challenge is over");
  say("story", `${ENDS[intent.status] ?? "It failed, or another one took its place."} You can close this page.`);
  tellPage();
}

element("answers").addEventListener("submit", async (event) => {
  event.preventDefault();
  enable(false);
  say("problem", "");
  try {
    const { value: outcome } = event.submitter;
    finish(await call("3ds2/challenge_complete", { client_secret: secret, source, outcome }));
  } catch (error) {
    if (error instanceof Refusal) return finish(await read()); // answered in another tab
    say("problem", "The bank did not answer. Try again.");
    enable(true);
  }
});

// In a frame the dialog around it does not hear of this key.
addEventListener("keydown", ({ key }) => {
  const answers = element("answers");
  const { failed } = answers.elements;
  if (key === "Escape" && parent !== window && !answers.hidden && !failed.disabled) answers.requestSubmit(failed);
});

function enable(on) {
  for (const button of element("answers").elements) button.disabled = !on;
}

/** Lead back to the shop, or tell the page that opened us. */
function finish(intent) {
  const good = ["succeeded", "requires_capture", "processing"].includes(intent.status);
  element("answers").hidden = true;
  say("title", good ? "Thank you" : "Not confirmed");
  say("story", "You are on your way back to the shop.");
  if (action.redirect_to_url) return leave(action.redirect_to_url.return_url, good);
  say("story", "You can close this page.");
  tellPage();
}

/** To Stripe.js in the page around us, which closes us; no secret is in it. */
function tellPage() {
  if (parent !== window) parent.postMessage({ type: "challenge", source }, "*");
}

function leave(returnUrl, good) {
  const back = new URL(returnUrl, "https://nowhere.invalid");
  if (!["http:", "https:"].includes(back.protocol)) return say("problem", "The shop's address is none.");
  back.searchParams.set(kind, id);
  back.searchParams.set(`${kind}_client_secret`, secret);
  back.searchParams.set("redirect_status", good ? "succeeded" : "failed");
  location.replace(back);
}

start().catch((error) => {
  say("title", "There is nothing to confirm");
  say("problem", error instanceof Refusal ? error.message : "The bank did not answer. Reload the page to try again.");
});
