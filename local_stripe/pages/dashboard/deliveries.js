// Webhooks: what is on its way to the shop, and what became of what was sent.
import { read, send } from "./api.js";
import { badge, facts, folded, linkTo, make, when } from "./elements.js";
import { listOf } from "./list.js";
import { act } from "./shell.js";

/** What is on its way, above all deliveries. */
export function deliveries() {
  const title = make("summary");
  const rows = make("ul", { class: "rows plain" });
  const waiting = make("details", { class: "folded", hidden: true }, title, rows);
  const list = listOf({
    read: (page) => read("_local/deliveries", page),
    line,
    details,
    nothing: "Nothing has been delivered. Shops listen through webhook endpoints, or through `stripe listen`.",
  });
  async function refresh() {
    const { data, has_more } = await read("_local/upcoming", { limit: 20 });
    title.textContent = `On their way: ${data.length}${has_more ? " and more" : ""}`;
    rows.replaceChildren(...data.map(onItsWay));
    waiting.hidden = !data.length;
    await list.refresh();
  }
  return { node: make("div", {}, waiting, list.node), refresh };
}

function onItsWay({ due, event, fault, manual, number, type, url }) {
  return make("li", {},
    make("span", { class: "what" }, type, " ", linkTo("events", event)),
    make("span", {}, manual ? "resent by hand" : `try ${number}`, ...(fault ? [" ", badge(fault, "bad")] : [])),
    make("span", { class: "what about" }, url ?? "its endpoint is gone"),
    when(due));
}

function line({ at, status, succeeded, tries, type, url }) {
  return [
    make("span", { class: "what" }, type),
    make("span", {}, badge(came(status), succeeded ? "good" : "bad"), tries > 1 ? badge(`${tries} attempts`) : ""),
    make("span", { class: "what about" }, url),
    when(at),
  ];
}

async function details({ endpoint, event, id, url }) {
  const { attempts } = await read(`_local/deliveries/${encodeURIComponent(id)}`);
  const again = () => act(async () => {
    await resend(event, endpoint);
    return `Resent: ${event} is on its way again${isEndpoint(endpoint) ? "" : ", if the CLI still listens"}.`;
  });
  return [
    facts({ Event: linkTo("events", event), Endpoint: make("span", { class: "id" }, endpoint), Address: url }),
    make("button", { type: "button", click: again }, "Resend"),
    make("h2", {}, "Attempts"),
    make("ul", { class: "attempts" }, ...attempts.map(attempt)),
  ];
}

/** The status of an answer, if there was one. */
const came = (status) => (status === 0 ? "no answer" : String(status));

const isEndpoint = (id) => id.startsWith("we_"); // or a session of Stripe's CLI

/** As `stripe events resend` does. */
function resend(event, endpoint) {
  const to = isEndpoint(endpoint) ? { webhook_endpoint: endpoint } : { for_stripecli: true };
  return send(`v1/events/${encodeURIComponent(event)}/retry`, to);
}

function attempt({ at, body, duration, fault, manual, status, succeeded }) {
  return make("li", {},
    badge(came(status), succeeded ? "good" : "bad"), ` in ${(duration * 1000).toFixed(0)} ms `,
    ...(manual ? [badge("resent by hand")] : []), ...(fault ? [badge(fault, "bad")] : []),
    " ", when(at),
    body ? folded("What came back", make("pre", { tabindex: "0", role: "region", "aria-label": "What came back" }, body)) : "");
}
