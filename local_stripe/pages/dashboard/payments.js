// Payments: each PaymentIntent with its latest charge.
import { formatMoney } from "../v3/money.js";
import { read } from "./api.js";
import { badge, facts, folded, json, linkTo, make, when } from "./elements.js";
import { listOf, oneOf } from "./list.js";

const TONES = { succeeded: "good", canceled: "quiet" }; // all others wait for something

const shared = { line, details, nothing: "No payments yet. The next one appears here by itself." };

/** All payments, or the one with this id. */
export function payments(id) {
  if (!id) return listOf({ ...shared, read: (page) => read("v1/payment_intents", { ...page, "expand[]": "data.latest_charge" }) });
  const one = () => read(`v1/payment_intents/${encodeURIComponent(id)}`, { "expand[]": "latest_charge" });
  return oneOf({ ...shared, all: "All payments", path: "#payments", read: async () => ({ data: [await one()], has_more: false }) });
}

function line({ amount, created, currency, description, latest_charge, status }) {
  return [
    make("span", { class: "amount" }, formatMoney(amount, currency), " ", make("small", {}, currency.toUpperCase())),
    make("span", {}, badge(status, TONES[status] ?? "waiting"), ...aftermath(latest_charge)),
    make("span", { class: "what about" }, description ?? "No description"),
    when(created),
  ];
}

/** What became of a charge that succeeded. */
function aftermath(charge) {
  if (!charge) return [];
  const badges = [];
  if (charge.refunded) badges.push(badge("refunded"));
  else if (charge.amount_refunded) badges.push(badge("partially refunded"));
  if (charge.disputed) badges.push(badge("disputed", "bad"));
  return badges;
}

function details(intent) {
  const { currency, customer, id, last_payment_error, latest_charge, metadata, receipt_email } = intent;
  const notes = Object.entries(metadata).map(([name, value]) => [`metadata: ${name}`, value]);
  return [
    facts({
      Payment: linkTo("payments", id),
      Received: formatMoney(intent.amount_received, currency),
      Customer: customer,
      "Receipt to": receipt_email,
      "Last error": last_payment_error?.message,
      ...Object.fromEntries(notes),
    }),
    ...(latest_charge ? chargeOf(latest_charge) : []),
    folded("JSON", json(intent, `${id} as JSON`)),
  ];
}

function chargeOf({ amount_refunded, currency, failure_message, id, outcome, payment_method_details, status }) {
  return [
    make("h2", {}, "Latest charge"),
    facts({
      Charge: make("span", { class: "id" }, id),
      Status: badge(status, { succeeded: "good", failed: "bad" }[status] ?? "waiting"),
      "Paid with": wayToPay(payment_method_details),
      Outcome: outcome?.seller_message,
      Failure: failure_message,
      Refunded: amount_refunded ? formatMoney(amount_refunded, currency) : null,
    }),
  ];
}

/** `visa ···· 4242` */
function wayToPay(details) {
  if (!details) return null;
  const { brand, bank_name, last4 } = details[details.type] ?? {};
  return `${brand ?? bank_name ?? details.type} ···· ${last4 ?? ""}`;
}
