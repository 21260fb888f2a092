// What is missing is refused by name, and never ignored.

/** The object, with a method that throws by name in place of each that is not there. */
function refusingOthers(name, object) {
  const silent = (key) => typeof key !== "string" || key === "then" || key === "toJSON";
  return new Proxy(object, {
    get: (target, key) => (key in target || silent(key) ? target[key] : () => notImplemented(`${name}.${key}()`)),
  });
}

function onlyKnown(call, given, names) {
  const other = Object.keys(given).find((name) => given[name] !== undefined && !names.includes(name));
  if (other !== undefined) notImplemented(`${call}: ${other}`);
}

const LANGUAGES = ["auto", "en", ..."{languages}".split(" ")];

function onlySpoken(call, { locale = "auto" }) {
  if (!LANGUAGES.includes(locale)) notImplemented(`${call}: locale "${locale}"`);
}

function notImplemented(what) {
  throw new Error(`local Stripe.js does not implement ${what}`);
}

/** The shop's page uses Stripe.js wrongly. */
function misuse(message) {
  throw new Error(`local Stripe.js: ${message}`);
}
