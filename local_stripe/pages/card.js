// The card field, inside its iframe: reads the card, checks it, and hands it to the local Stripe's API.
//
// The page around it (stripe.js) hears about brand, completeness and errors, and gets what the API
// answers. The number itself goes to the API and nowhere else.
import { ask } from "./api.js";
import * as cards from "./cards.js";
import { connected } from "./line.js";
import { guide } from "./typing.js";
import { say, speak } from "./words.js";

const API = {
  token: { path: "tokens", fields: tokenFields },
  paymentMethod: { path: "payment_methods", fields: paymentMethodFields },
};

const [number, expiry, cvc, zip] = ["number", "expiry", "cvc", "zip"].map((id) => document.getElementById(id));
const icon = document.getElementById("icon");

const FIELDS = [
  {
    input: number,
    format: cards.formatNumber,
    check: () => cards.checkNumber(number.value),
    isFull: () => cards.digitsOf(number.value).length === cards.brandOf(number.value).lengths.at(-1),
  },
  {
    input: expiry,
    format: cards.formatExpiry,
    check: () => cards.checkExpiry(expiry.value),
    isFull: () => cards.digitsOf(expiry.value).length === 4,
  },
  {
    input: cvc,
    format: (text) => cards.formatCvc(text, number.value),
    check: () => cards.checkCvc(cvc.value, number.value),
    isFull: () => cvc.value.length === cards.brandOf(number.value).cvc,
  },
  {
    input: zip,
    format: (text) => text.slice(0, 10),
    check: () => cards.checkPostalCode(zip.value),
    isFull: () => false,
  },
];

const abandoned = new Set(); // fields that were left unfinished: only then is that an error
let tell = () => {}; // the page around us, once it has called
let invalidStyle = {};
let lastChange;

// ---- messages from and to the page ----

connected((settings, line) => {
  tell = line;
  begin(settings);
  return receive;
});

async function begin(settings) {
  receive.settings({ settings });
  await speak(settings.locale);
  show();
  new ResizeObserver(() => tell({ type: "height", pixels: document.body.offsetHeight })).observe(document.body);
  tellEvent("ready");
}

const receive = {
  settings({ settings: { style: { base = {}, invalid = {} } = {}, hidePostalCode = false, disabled = false } }) {
    zip.hidden = hidePostalCode;
    for (const { input } of FIELDS) input.disabled = disabled;
    invalidStyle = invalid;
    dress(document.body, base);
    show();
  },
  focus: () => (shown().find((field) => field.check())?.input ?? number).focus(),
  blur: () => document.activeElement.blur(),
  clear() {
    for (const { input } of FIELDS) input.value = "";
    abandoned.clear();
    show();
  },
  ask: create,
};

const tellEvent = (name, detail = {}) => tell({ type: "event", name, detail });

function tellChange(detail) {
  const change = JSON.stringify(detail);
  if (lastChange !== undefined && change !== lastChange) tellEvent("change", detail);
  lastChange = change;
}

// ---- the API ----

/** What Stripe.js resolves with: {token}, {paymentMethod} or {error}. */
async function create({ create: name, key, fields }) {
  for (const field of shown()) abandoned.add(field);
  const error = show();
  if (error) return { error };
  const { body, error: refusal } = await ask(key, API[name].path, API[name].fields(fields));
  return refusal ? { error: refusal } : { [name]: body };
}

function tokenFields({ card }) {
  const address = zip.hidden ? {} : { address_zip: zip.value };
  return { card: { ...address, ...card, ...cardFields() } };
}

function paymentMethodFields({ billing_details = {}, ...fields }) {
  const zipCode = zip.hidden ? {} : { postal_code: zip.value };
  const address = { ...zipCode, ...billing_details.address };
  return { ...fields, billing_details: { ...billing_details, address }, card: cardFields() };
}

function cardFields() {
  const [exp_month, exp_year] = cards.expiryOf(expiry.value);
  return { number: cards.digitsOf(number.value), exp_month, exp_year, cvc: cvc.value };
}

// ---- what the customer sees ----

/** Show the state of every field, tell the page if it changed, and return the first error. */
function show() {
  const states = shown().map((field) => ({ field, problem: field.check() }));
  const wrong = states.filter(({ field, problem }) => problem && isDue(field, problem));
  for (const field of FIELDS) mark(field.input, wrong.find((state) => state.field === field)?.problem);
  const { brand } = cards.brandOf(number.value);
  draw(brand, wrong.length > 0);
  number.classList.toggle("finished", !cards.checkNumber(number.value));
  const error = wrong.length ? { type: "validation_error", ...wrong[0].problem } : undefined;
  tellChange({
    brand,
    complete: states.every(({ problem }) => !problem),
    empty: shown().every(({ input }) => !input.value),
    error,
    value: { postalCode: zip.value },
  });
  return error;
}

const shown = () => FIELDS.filter(({ input }) => !input.hidden);

/** What is wrong is an error at once; what is unfinished, when the field was left. */
const isDue = (field, { code }) => abandoned.has(field) || !code.startsWith("incomplete");

function mark(input, problem) {
  input.setAttribute("aria-invalid", String(Boolean(problem)));
  document.getElementById(`${input.id}-error`).textContent = problem?.message ?? "";
  dress(input, problem ? invalidStyle : {});
}

/** The brand's sign, or where the code stands on the back of the card. */
function draw(brand, isWrong) {
  const sign = document.activeElement === cvc && brand !== "amex" ? "code" : brand;
  icon.firstElementChild.setAttribute("href", `#${sign}`);
  icon.setAttribute("aria-label", say("Card brand: {brand}", { brand }));
  dress(icon, isWrong ? { iconColor: invalidStyle.iconColor } : {});
}

/** Put the shop's style on an element, in place of the one before. */
function dress(element, { fontSmoothing, iconColor, "::placeholder": placeholder, ...properties }) {
  element.removeAttribute("style");
  Object.assign(element.style, properties);
  if (fontSmoothing) element.style.webkitFontSmoothing = fontSmoothing;
  if (iconColor) element.style.setProperty("--icon", iconColor);
  if (placeholder?.color) element.style.setProperty("--placeholder", placeholder.color);
}

// ---- what the customer types ----

guide(FIELDS, {
  edited(field) {
    abandoned.delete(field);
    show();
  },
  left(field) {
    if (field.input.value && field.check()) abandoned.add(field);
  },
});
for (const { input } of FIELDS) {
  input.addEventListener("keydown", ({ key }) => { if (key === "Enter") tell({ type: "enter" }); });
}

addEventListener("focusin", ({ relatedTarget }) => {
  show();
  if (!relatedTarget) tellEvent("focus");
});
addEventListener("focusout", ({ relatedTarget }) => {
  show();
  if (!relatedTarget) tellEvent("blur");
});

// Where there is no room for all of the number, its last digits are what a customer recognises.
number.addEventListener("blur", () => requestAnimationFrame(() => number.scrollTo(number.scrollWidth, 0)));
