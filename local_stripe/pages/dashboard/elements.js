// What the dashboard's pages are made of. Strings become text, never markup.

/** `make("a", { href: "#payments", click: go }, "Payments")`: functions listen to the event they are named for. */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(key, value);
    else if (value !== false && value !== undefined) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

/** A word on a coloured ground; tone: good, bad, waiting or quiet. */
export const badge = (text, tone = "quiet") => make("span", { class: `badge ${tone}` }, text);

/** A point in time, in UTC as everything at Stripe; `seconds` since 1970. */
export const when = (seconds) => make("time", { datetime: new Date(seconds * 1000).toISOString() }, written(seconds));

/** `Jan 1, 2026, 12:00:00 AM UTC` */
export function written(seconds) {
  const text = new Date(seconds * 1000).toLocaleString("en-US", { timeZone: "UTC", dateStyle: "medium", timeStyle: "medium" });
  return `${text} UTC`;
}

/** Names and values side by side; what has no value is left out. */
export function facts(pairs) {
  const known = Object.entries(pairs).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return make("dl", {}, ...known.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value))));
}

/** An object as JSON, without its client secrets. */
export function json(value, label) {
  const text = JSON.stringify(value, (name, inner) => (name === "client_secret" && inner ? "…" : inner), 2);
  return make("pre", { tabindex: "0", role: "region", "aria-label": label }, text);
}

/** Something under a title that unfolds it. */
export const folded = (title, ...content) => make("details", { class: "folded" }, make("summary", {}, title), ...content);

/** A link to the place of a thing in the dashboard, such as #payments/pi_…; its id is its text. */
export const linkTo = (view, id) => make("a", { class: "id", href: `#${view}/${encodeURIComponent(id)}` }, id);
