// Events: what happened, each with the object as it was then.
import { read } from "./api.js";
import { badge, facts, json, linkTo, make, when } from "./elements.js";
import { listOf, oneOf } from "./list.js";

const FAMILIES = ["charge", "checkout.session", "customer", "payment_intent", "payment_method", "price", "product", "refund", "setup_intent"];

const shared = { line, details };

/** All events, or those of a type (`?type=charge.*`), or the one with this id. */
export function events(id, query) {
  if (id) {
    const one = () => read(`v1/events/${encodeURIComponent(id)}`);
    return oneOf({ ...shared, all: "All events", path: "#events", read: async () => ({ data: [await one()], has_more: false }) });
  }
  const type = query.get("type");
  const list = listOf({
    ...shared,
    read: (page) => read("v1/events", type ? { ...page, type } : page),
    nothing: type ? `No event of the type ${type}.` : "Nothing has happened yet.",
  });
  return { ...list, node: make("div", {}, filter(type), list.node) };
}

function filter(type) {
  const field = make("input", { id: "type", name: "type", list: "types", autocomplete: "off", spellcheck: "false", placeholder: "payment_intent.*", value: type ?? "" });
  const apply = (event) => {
    event.preventDefault();
    const wanted = field.value.trim();
    location.hash = wanted ? `#events?${new URLSearchParams({ type: wanted })}` : "#events";
  };
  return make("form", { class: "inline", submit: apply },
    make("label", { for: "type" }, "Type"), field,
    make("datalist", { id: "types" }, ...FAMILIES.map((family) => make("option", { value: `${family}.*` }))),
    make("button", {}, "Filter"),
    ...(type ? [make("a", { href: "#events" }, "All types")] : []));
}

function line({ created, data, pending_webhooks, type }) {
  return [
    make("span", { class: "what" }, type),
    make("span", {}, ...(pending_webhooks ? [badge(`${pending_webhooks} pending`, "waiting")] : [])),
    make("span", { class: "id about" }, data.object.id ?? ""),
    when(created),
  ];
}

function details(event) {
  const { data, id, request } = event;
  return [
    facts({
      Event: linkTo("events", id),
      About: data.object.object === "payment_intent" ? linkTo("payments", data.object.id) : data.object.id,
      Request: request?.id ? linkTo("requests", request.id) : null,
    }),
    json(event, `${id} as JSON`),
  ];
}
