// The Checkout page: shows what a session sells, takes the payment, and sends the payer back to the shop.
//
// Everything it says of the session comes from the local Stripe, which also decides what was paid; nothing
// that the payer does here, twice or in two tabs, makes more than one payment. Inside a page of the shop's, it
// tells that page when it is done.

import { ask } from "../v3/api.js";
import { formatMoney } from "../v3/money.js";
import { isComplete, paymentMethod, prepare } from "../v3/pay-form.js";
import { language, say, sayError, speak } from "../v3/words.js";

const KEY = document.querySelector("meta[name=publishable-key]").content;
const SESSION = location.pathname.split("/").at(-1);
const PAGE = `payment_pages/${SESSION}`;

// Inside a page of the shop's, Stripe.js put the client secret behind the "#", which no server gets to see.
const EMBEDDED = location.pathname.includes("/c/embed/");
const SECRET = EMBEDDED ? location.hash.slice(1) : undefined;

const $ = (id) => document.getElementById(id);

const TITLES = {
  book: (shop) => say("Book with {shop}", { shop }),
  donate: (shop) => say("Donate to {shop}", { shop }),
  pay: (shop) => say("Pay {shop}", { shop }),
  save: (shop) => say("Save your payment details with {shop}", { shop }),
};
const BUTTONS = {
  book: (amount) => say("Book {amount}", { amount }),
  donate: (amount) => say("Donate {amount}", { amount }),
  pay: (amount) => say("Pay {amount}", { amount }),
  save: () => say("Save"),
};

const CLOSED = {
  complete: () => ({
    title: say("You’re all done here"),
    text: say("This has been taken care of; you will not be asked for it again."),
  }),
  expired: () => ({
    title: say("This page has expired"),
    text: say("Nothing was paid. Please go back to the shop to start again."),
  }),
  missing: () => ({
    title: say("There is nothing to pay here"),
    text: say("This address belongs to no Checkout Session. Please follow the shop’s link again."),
  }),
  unreachable: () => ({
    title: say("This page could not be loaded"),
    text: say("Please load it again in a moment."),
  }),
};

// ---- what the payer sees ----

function showOnly(id) {
  for (const main of document.querySelectorAll("main")) main.hidden = main.id !== id;
}

function showOpen(session) {
  const shop = session.branding_settings.display_name;
  const does = session.mode === "setup" ? "save" : session.submit_type in TITLES ? session.submit_type : "pay";
  const total = does === "save" ? "" : money(session.amount_total, session);
  const title = TITLES[does](shop);
  document.title = title;
  $("shop").textContent = shop;
  $("title").textContent = title;
  $("total").textContent = total;
  $("items").replaceChildren(...session.line_items.map((item) => line(item, session)));
  $("submit").textContent = BUTTONS[does](total);
  linkBack($("back"), session);
  prepare(session.payment_method_types, session.customer_details?.email);
  showOnly("open");
}

function line({ description, quantity, amount_total }, session) {
  const item = document.createElement("li");
  const texts = {
    what: description,
    quantity: say("Qty {quantity}", { quantity }),
    amount: money(amount_total, session),
  };
  for (const [name, text] of Object.entries(texts)) {
    const part = document.createElement("span");
    part.className = name;
    part.textContent = text;
    item.append(part);
  }
  return item;
}

function showClosed(status, session) {
  const { title, text } = CLOSED[status]();
  document.title = title;
  $("shop").textContent = session?.branding_settings.display_name ?? "";
  $("over-title").textContent = title;
  $("over-text").textContent = text;
  if (session) linkBack($("over-back"), session);
  showOnly("over");
  $("over-title").focus();
}

function linkBack(link, { cancel_url }) {
  link.hidden = !cancel_url;
  if (cancel_url) link.href = cancel_url;
}

/** An amount as the page's language writes it. */
const money = (amount, { currency }) => formatMoney(amount, currency, language);

function setBusy(isBusy) {
  $("submit").disabled = isBusy;
  $("form").setAttribute("aria-busy", String(isBusy));
}

// ---- what happens ----

const read = () => ask(KEY, SECRET ? `${PAGE}?client_secret=${encodeURIComponent(SECRET)}` : PAGE);

/** Show the session as it is; one who comes back from the bank with it done goes on to the shop. */
async function load() {
  const { body: session, error } = await read();
  await speak(session?.locale);
  if (error?.code === "resource_missing") return showClosed("missing");
  if (error) return showClosed("unreachable");
  const back = new URLSearchParams(location.search).get("redirect_status");
  if (session.status === "complete" && back) return finish(session, "replace");
  if (session.status !== "open") return showClosed(session.status, session);
  shown = session;
  showOpen(session);
  if (back === "failed") showProblem(lastError(intentOf(session)));
  history.replaceState(null, "", location.pathname + location.hash);
}

async function pay() {
  if ($("submit").disabled || !isComplete()) return;
  showProblem(null);
  setBusy(true);
  const method = await ask(KEY, "payment_methods", paymentMethod());
  const paid = method.error ? method : await ask(KEY, `${PAGE}/confirm`, {
    payment_method: method.body.id,
    expected_amount: shown.amount_total,
    return_url: location.origin + location.pathname + location.hash,
    client_secret: SECRET,
  });
  if (paid.body) return goOn(paid.body);
  if (paid.error.type !== "card_error" && await isOver()) return;
  setBusy(false);
  showProblem(paid.error);
}

/** To the bank that wants to hear from its customer, or back to the shop. */
function goOn(session) {
  const action = intentOf(session)?.next_action?.redirect_to_url;
  if (session.status === "complete") finish(session);
  else if (action) location.assign(here(action.url));
}

/** Back to the shop; its page, if we are inside of it, goes there itself or stays. */
function finish(session, how = "assign") {
  if (!EMBEDDED) return location[how](session.success_url);
  showClosed("complete", session);
  tellShop({ type: "complete", url: session.success_url });
}

/** To Stripe.js in the page around us; no secret is in it. */
function tellShop(message) {
  parent.postMessage(message, "*");
}

/** An address of the local Stripe as this browser reaches it, through a proxy perhaps. */
function here(url) {
  const { pathname, search } = new URL(url);
  return new URL(`../..${pathname}${search}`, location);
}

/** Whether the session has ended, paid by an answer that was lost on its way perhaps; then go on from there. */
async function isOver() {
  const { body: session } = await read();
  if (session?.status === "complete") goOn(session);
  if (session?.status === "expired") showClosed("expired", session);
  return Boolean(session) && session.status !== "open";
}

const intentOf = (session) => session.payment_intent ?? session.setup_intent;
const lastError = (intent) => sayError(intent?.last_payment_error ?? intent?.last_setup_error);

function showProblem(error) {
  $("problem").textContent = error?.message ?? "";
  if (error) $("problem").scrollIntoView({ block: "nearest" }); // who comes back from the bank is at the top
}

let shown; // the session as the payer saw it
$("form").addEventListener("submit", (event) => {
  event.preventDefault();
  pay();
});
addEventListener("pageshow", ({ persisted }) => { if (persisted) location.reload(); }); // after Back
if (EMBEDDED) document.body.classList.add("embedded");
await load();
// Not before: what comes after the bank's page keeps its place until it is there to be scrolled to.
if (EMBEDDED) new ResizeObserver(() => tellShop({ type: "height", pixels: document.body.offsetHeight })).observe(document.body);
