// The Payment Element, inside its iframe: the form to pay with, and the PaymentMethod made from it.
//
// The page around it (stripe.js) hears whether the form is complete, and gets the PaymentMethod. What is
// typed goes to the local Stripe's API and nowhere else.
import { ask } from "./api.js";
import { connected } from "./line.js";
import { isComplete, isEmpty, paymentMethod, prepare, problem, TYPES, way } from "./pay-form.js";
import { speak } from "./words.js";

// The variables of Stripe's Appearance API that the form has a place for.
const VARIABLES = {
  colorPrimary: "--accent", colorBackground: "--paper", colorText: "--ink", colorTextSecondary: "--quiet",
  colorDanger: "--wrong", borderRadius: "--radius",
};

let tell = () => {}; // the page around us, once it has called
let lastChange;
const tellEvent = (name, detail = {}) => tell({ type: "event", name, detail });

connected((settings, line) => {
  tell = line;
  begin(settings);
  return receive;
});

async function begin(settings) {
  receive.settings({ settings });
  const { types, locale = settings.locale, error } = settings.types ? settings : await asked(settings);
  await speak(locale);
  if (error) return tellEvent("loaderror", { error });
  if (!types.some((type) => TYPES.includes(type))) return tellEvent("loaderror", { error: noForm(types) });
  prepare(types);
  fillIn(settings.defaultValues?.billingDetails ?? {});
  new ResizeObserver(() => tell({ type: "height", pixels: document.body.offsetHeight })).observe(document.body);
  lastChange = JSON.stringify(state());
  tellEvent("ready");
}

const KINDS = { seti: "setup_intents", pi: "payment_intents", cs: "payment_pages" };

/** The ways to pay that the intent or the Checkout Session takes, and its language if it has one, or {error}. */
async function asked({ key, clientSecret }) {
  const id = clientSecret.split("_secret_")[0];
  const kind = KINDS[id.split("_")[0]];
  const { body, error } = await ask(key, `${kind}/${id}?client_secret=${encodeURIComponent(clientSecret)}`);
  return error ? { error } : { types: body.payment_method_types, locale: body.locale };
}

function noForm(types) {
  return { type: "invalid_request_error", message: `local Stripe.js does not implement a form for ${types.join(", ")}` };
}

const receive = {
  settings({ settings: { appearance: { theme = "stripe", variables = {} } = {}, readOnly = false } }) {
    const { style, classList } = document.documentElement;
    classList.toggle("night", theme === "night");
    for (const [name, property] of Object.entries(VARIABLES)) style.setProperty(property, variables[name] ?? null);
    document.body.style.fontFamily = variables.fontFamily ?? "";
    document.body.style.fontSize = variables.fontSizeBase ?? "";
    for (const input of document.forms[0].elements) input.disabled = readOnly;
  },
  focus: () => document.querySelector("input:not([type=radio]):enabled").focus(),
  blur: () => document.activeElement.blur(),
  clear() {
    document.forms[0].reset();
    tellChange();
  },
  ask: ({ wanted, ...details }) => DOES[wanted](details),
};

const DOES = {
  /** Show what is wrong. */
  validate() {
    return isComplete() ? { selectedPaymentMethod: way() } : { error: { type: "validation_error", ...problem() } };
  },
  /** What the form says, as a PaymentMethod; the shop may know more of the payer. */
  async paymentMethod({ key, billing_details: { address, ...known } = {} }) {
    const checked = DOES.validate();
    if (checked.error) return checked;
    const method = paymentMethod();
    const said = method.billing_details;
    const billing_details = { ...said, ...known, address: { ...said.address, ...address } };
    const { body, error } = await ask(key, "payment_methods", { ...method, billing_details });
    return error ? { error } : { paymentMethod: body };
  },
};

function fillIn({ name, address: { country, postal_code } = {} }) {
  if (name) document.getElementById("holder").value = name;
  const select = document.getElementById("country");
  if (country) select.value = country;
  if (postal_code) document.getElementById("zip").value = postal_code;
  if (country) select.dispatchEvent(new Event("change", { bubbles: true }));
}

const state = () => ({ complete: !problem(), empty: isEmpty(), collapsed: false, value: { type: way() } });

function tellChange() {
  const change = JSON.stringify(state());
  if (change !== lastChange) tellEvent("change", state());
  lastChange = change;
}

for (const event of ["input", "change"]) document.addEventListener(event, tellChange);
document.addEventListener("submit", (event) => event.preventDefault());
document.addEventListener("keydown", ({ key, target }) => {
  if (key === "Enter" && target.matches("input")) tell({ type: "enter" });
});
addEventListener("focusin", ({ relatedTarget }) => { if (!relatedTarget) tellEvent("focus"); });
addEventListener("focusout", ({ relatedTarget }) => { if (!relatedTarget) tellEvent("blur"); });
