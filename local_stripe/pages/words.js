// The pages in the payer's language. English is what stands in them; words/ has a table for each other language
// that Checkout speaks: https://docs.stripe.com/js/appendix/supported_locales

const LANGUAGES = "{languages}".split(" ");

const loaded = new Map(); // tag -> its table: Stripe.js speaks anew for each session that it reads
let table = new Map();

/** What is spoken, as Intl knows it: "de", or "de-CH" if that is what the payer's browser asks for. */
export let language = "en-US";

/** Speak this language from now on, `auto` is the browser's, and put the page into it. */
export async function speak(locale) {
  const wanted = !locale || locale === "auto" ? navigator.languages : [locale];
  language = wanted.find(isSpoken) ?? language;
  const tables = await Promise.all(tablesFor(language).map(load));
  table = new Map(tables.flatMap(Object.entries));
  document.documentElement.lang = language;
  translate();
}

/** A sentence, in the language that is spoken; {name} in it is filled in. What has no translation stays as it is. */
export function say(english, values = {}) {
  const text = table.get(english) ?? english;
  return text.replace(/\{(\w+)\}/g, (placeholder, name) => (Object.hasOwn(values, name) ? values[name] : placeholder));
}

/** An error of the API's, in the language that is spoken; none stays none. */
export const sayError = (error) => error && { ...error, message: say(error.message) };

const isSpoken = (tag) => /^en\b/.test(tag) || tablesFor(tag).length > 0;

/** "fr-CA" -> ["fr", "fr-CA"]: the language, then what its region says in another way. */
const tablesFor = (tag) => LANGUAGES.filter((known) => tag === known || tag.startsWith(`${known}-`));

/** A language's table. Where it does not come, the page speaks English, rather than not at all. */
async function load(tag) {
  if (loaded.has(tag)) return loaded.get(tag);
  const response = await fetch(new URL(`words/${tag}.json`, import.meta.url)).catch(() => null);
  if (!response?.ok) return {};
  loaded.set(tag, await response.json());
  return loaded.get(tag);
}

function translate() {
  const texts = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const { data } = texts.currentNode;
    if (data.trim()) texts.currentNode.data = data.replace(data.trim(), () => say(data.trim()));
  }
  for (const name of ["aria-label", "placeholder"]) {
    for (const element of document.querySelectorAll(`[${name}]`)) {
      element.setAttribute(name, say(element.getAttribute(name)));
    }
  }
}
