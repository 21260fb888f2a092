// Faults: what shall go wrong with the next delivery of a webhook.
import { read, remove, send } from "./api.js";
import { make } from "./elements.js";
import { act } from "./shell.js";

/** A form that switches faults on, above those that wait. */
export function deliveryFaults() {
  const kind = make("select", { id: "kind", name: "kind", change: askForSeconds });
  const seconds = make("input", { id: "seconds", name: "seconds", type: "number", min: "0", max: "31622400", value: "60" });
  const delay = make("p", { hidden: true }, make("label", { for: "seconds" }, "Later by (seconds)"), seconds);
  const waiting = make("ul", { class: "rows plain" });
  const none = make("p", { class: "empty" }, "None: every delivery arrives.");
  const form = make("form", { submit: inject },
    make("p", {}, make("label", { for: "kind" }, "What goes wrong"), kind),
    make("p", {}, make("label", { for: "type" }, "With the next event of the type"), make("input", { id: "type", name: "type", value: "*", autocomplete: "off", spellcheck: "false" })),
    delay,
    make("button", {}, "Switch on"));

  function askForSeconds() {
    delay.hidden = kind.value !== "delay";
  }

  function inject(event) {
    event.preventDefault();
    const wanted = Object.fromEntries(new FormData(form));
    act(async () => {
      show(await send("_local/faults", wanted));
      return "It waits for its delivery.";
    });
  }

  function withdraw({ kind, seconds, type }) {
    act(async () => {
      show(await remove("_local/faults", { kind, seconds, type }));
      return "It waits no more.";
    });
  }

  function show({ kinds, waiting: found }) {
    if (!kind.options.length) kind.append(...Object.entries(kinds).map(([name, says]) => make("option", { value: name }, `${name}: ${says}`)));
    waiting.replaceChildren(...found.map((fault) => make("li", {},
      make("span", { class: "what" }, fault.kind, fault.kind === "delay" ? ` by ${fault.seconds} seconds` : ""),
      make("span", { class: "what" }, fault.type),
      make("button", { type: "button", click: () => withdraw(fault) }, "Remove"))));
    none.hidden = found.length > 0;
  }

  const intro = make("p", {}, "Each strikes one delivery, the next that fits.");
  return {
    node: make("section", { "aria-labelledby": "deliveries" }, make("h2", { id: "deliveries" }, "Deliveries of webhooks"), intro, form, make("h3", {}, "Waiting for a delivery"), none, waiting),
    refresh: async () => show(await read("_local/faults")),
  };
}
