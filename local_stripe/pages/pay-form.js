// The form to pay with: what the payer fills in, what is wrong with it, and what it says.
//
// The Checkout page and the Payment Element have it; the latter asks for fewer things.

import * as cards from "./cards.js";
import { guide } from "./typing.js";
import { language, say } from "./words.js";

const COUNTRIES = [
  "AR", "AT", "AU", "BE", "BR", "CA", "CH", "CL", "CZ", "DE", "DK", "ES", "FI", "FR", "GB", "GR", "HK", "HU", "IE",
  "IN", "IT", "JP", "KE", "KR", "KW", "MX", "MY", "NG", "NL", "NO", "NZ", "PL", "PT", "RO", "SE", "SG", "TH", "TR",
  "UA", "US", "ZA",
];
const WITH_POSTAL_CODE = ["CA", "GB", "US"]; // where the bank checks it

const $ = (id) => document.getElementById(id);
const country = $("country");

const required = (id, message) => () => ($(id).value.trim() ? null : { message: message() });
const digits = (id, least, most, message) => () => {
  const { length } = $(id).value;
  return length >= least && length <= most ? null : { message: message() };
};
const nameIsMissing = () => say("Your name is missing.");
const plain = { format: (text) => text, isFull: () => false };

const email = {
  ...plain,
  input: $("email"),
  check() {
    const isAddress = /^\S+@\S+$/.test($("email").value.trim());
    return isAddress ? null : { message: say("Your email address is incomplete.") };
  },
};

const CARD_ROW = [
  {
    input: $("number"),
    format: cards.formatNumber,
    check: () => cards.checkNumber($("number").value),
    isFull: () => cards.digitsOf($("number").value).length === cards.brandOf($("number").value).lengths.at(-1),
  },
  {
    input: $("expiry"),
    format: cards.formatExpiry,
    check: () => cards.checkExpiry($("expiry").value),
    isFull: () => cards.digitsOf($("expiry").value).length === 4,
  },
  {
    input: $("cvc"),
    format: (text) => cards.formatCvc(text, $("number").value),
    check: () => cards.checkCvc($("cvc").value, $("number").value),
    isFull: () => false,
  },
];
const name = { ...plain, input: $("name"), check: required("name", nameIsMissing) };
const zip = { ...plain, input: $("zip"), check: () => ($("zip").hidden ? null : cards.checkPostalCode($("zip").value)) };

const holder = { ...plain, input: $("holder"), check: required("holder", nameIsMissing) };
const routing = {
  input: $("routing"),
  format: (text) => cards.digitsOf(text).slice(0, 9),
  check: digits("routing", 9, 9, () => say("A routing number has 9 digits.")),
  isFull: () => $("routing").value.length === 9,
};
const account = {
  input: $("account"),
  format: (text) => cards.digitsOf(text).slice(0, 17),
  check: digits("account", 4, 17, () => say("Your account number is incomplete.")),
  isFull: () => false,
};

const owner = { ...plain, input: $("owner"), check: required("owner", nameIsMissing) };
const iban = {
  input: $("iban"),
  format: (text) => text.toUpperCase(),
  check() {
    const isWhole = /^[A-Z]{2}\d{2}[A-Z\d]{11,30}$/.test(unspaced(iban));
    return isWhole ? null : { message: say("Your IBAN is incomplete.") };
  },
  isFull: () => false,
};

const onPage = (fields) => fields.filter(({ input }) => input);

// Each way to pay that is on the page: the fields it asks for, and what the API wants to know of them.
const WAYS = Object.fromEntries(Object.entries({
  card: { fields: onPage([...CARD_ROW, name, zip]), paymentMethod: cardMethod },
  us_bank_account: { fields: onPage([holder, routing, account]), paymentMethod: bankMethod },
  sepa_debit: { fields: onPage([owner, iban]), paymentMethod: sepaMethod },
}).filter(([way]) => $(way)));
const WHO = onPage([email]);
const FIELDS = [...WHO, ...Object.values(WAYS).flatMap(({ fields }) => fields)];

/** The types of PaymentMethod that there are fields for. */
export const TYPES = Object.keys(WAYS);

/** Make the form ready: the ways to pay that are taken, and the e-mail address if it is known. */
export function prepare(types, knownEmail) {
  const known = Object.keys(WAYS).filter((way) => types.includes(way));
  for (const radio of document.querySelectorAll("[name=way]")) radio.closest("label").hidden = !known.includes(radio.value);
  $("ways").hidden = known.length < 2;
  document.querySelector(`[name=way][value=${known[0]}]`).checked = true;
  if (knownEmail) {
    email.input.value = knownEmail;
    email.input.readOnly = true;
  }
  const names = new Intl.DisplayNames([language], { type: "region" });
  const home = new Intl.Locale(language).maximize().region;
  const likely = COUNTRIES.includes(home) ? home : "US";
  const sorted = COUNTRIES.map((code) => [names.of(code), code]).sort(([a], [b]) => a.localeCompare(b, language));
  country.replaceChildren(...sorted.map(([text, code]) => new Option(text, code, false, code === likely)));
  show();
}

/** Show what is wrong and go to the first of it; whether everything is right. */
export function isComplete() {
  const wrong = asked().filter((field) => mark(field));
  wrong[0]?.input.focus();
  return wrong.length === 0;
}

/** What is wrong with the form, shown or not: the first {code, message}, or undefined. */
export const problem = () => asked().map(({ check }) => check()).find(Boolean);

/** Whether nothing is filled in yet. */
export const isEmpty = () => asked().every(({ input }) => !input.value);

/** The parameters of a PaymentMethod, as the payer filled them in. */
export const paymentMethod = () => WAYS[way()].paymentMethod();

function cardMethod() {
  const [exp_month, exp_year] = cards.expiryOf($("expiry").value);
  const address = { country: country.value, postal_code: $("zip").hidden ? undefined : $("zip").value.trim() };
  return {
    type: "card",
    card: { number: cards.digitsOf($("number").value), exp_month, exp_year, cvc: $("cvc").value },
    billing_details: { email: text(email), name: text(name), address },
  };
}

function bankMethod() {
  return {
    type: "us_bank_account",
    us_bank_account: {
      account_holder_type: "individual",
      account_number: account.input.value,
      routing_number: routing.input.value,
    },
    billing_details: { email: text(email), name: text(holder) },
  };
}

function sepaMethod() {
  return {
    type: "sepa_debit",
    sepa_debit: { iban: unspaced(iban) },
    billing_details: { email: text(email), name: text(owner) },
  };
}

const unspaced = ({ input }) => input.value.replace(/\s/g, "");
const text = ({ input }) => input?.value.trim();

/** The type of PaymentMethod that is chosen. */
export const way = () => document.querySelector("[name=way]:checked").value;
const asked = () => [...WHO, ...WAYS[way()].fields];

/** Show the fields of the chosen way, and the postal code where there is one to check. */
function show() {
  for (const id of Object.keys(WAYS)) $(id).hidden = id !== way();
  $("zip").hidden = !WITH_POSTAL_CODE.includes(country.value);
  for (const field of FIELDS) unmark(field);
}

/** Show what is wrong with the field, if anything; gives it. */
function mark({ input, check }) {
  const problem = check();
  input.setAttribute("aria-invalid", String(Boolean(problem)));
  $(`${input.id}-error`).textContent = problem?.message ?? "";
  $(`${input.id}-error`).hidden = !problem;
  return problem;
}

function unmark({ input }) {
  input.removeAttribute("aria-invalid");
  $(`${input.id}-error`).hidden = true;
}

// What is unfinished is wrong once it is left; what is wrong stops being so while it is mended. Whoever
// leaves for the button hears it from there: a message now would move the button from under the pointer.
const listening = {
  edited: (field) => (field.input.getAttribute("aria-invalid") === "true" && !field.check() ? unmark(field) : null),
  left: (field, next) => (field.input.value && next !== $("submit") ? mark(field) : null),
};
for (const row of [WHO, CARD_ROW, [name], [zip], [holder], [routing, account], [owner], [iban]]) guide(onPage(row), listening);
for (const element of [country, ...document.querySelectorAll("[name=way]")]) element.addEventListener("change", show);
