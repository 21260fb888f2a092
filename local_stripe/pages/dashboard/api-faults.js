// Faults of the API: what shall go wrong with the next calls to it.
import { read, remove, send } from "./api.js";
import { badge, make } from "./elements.js";
import { act } from "./shell.js";

const METHODS = { "*": "any", GET: "GET", POST: "POST", DELETE: "DELETE" };

/** A form that switches faults on, above those that wait and how often each kind has struck. */
export function apiFaults() {
  const kind = make("select", { id: "api-kind", name: "kind", change: askForSeconds });
  const delay = field("Later by (seconds)", make("input", { id: "api-seconds", name: "seconds", type: "number", min: "0", max: "600", step: "any", value: "5" }));
  const waiting = make("ul", { class: "rows plain" });
  const none = make("p", { class: "empty" }, "None: every call is answered.");
  const struck = make("p", { class: "soft" });
  const form = make("form", { submit: inject },
    field("What goes wrong", kind),
    field("With calls of the method", make("select", { id: "api-method", name: "method" }, ...Object.entries(METHODS).map(([value, text]) => make("option", { value }, text)))),
    field("To the path", make("input", { id: "api-path", name: "path", value: "/v1/*", autocomplete: "off", spellcheck: "false" })),
    field("How many times", make("input", { id: "api-times", name: "times", type: "number", min: "1", value: "1" })),
    field("Share of the calls (all, if empty)", make("input", { id: "api-share", name: "share", type: "number", min: "0.01", max: "1", step: "0.01" })),
    field("Seed of that share", make("input", { id: "api-seed", name: "seed", type: "number", value: "0" })),
    delay,
    make("button", {}, "Switch on"));

  function askForSeconds() {
    delay.hidden = kind.value !== "slow";
  }

  function inject(event) {
    event.preventDefault();
    const wanted = Object.fromEntries([...new FormData(form)].filter(([, value]) => value));
    act(async () => {
      show(await send("_local/api_faults", wanted));
      return "It waits for its calls.";
    });
  }

  function withdraw({ id }) {
    act(async () => {
      show(await remove(`_local/api_faults/${encodeURIComponent(id)}`));
      return "It waits no more.";
    });
  }

  function show(found) {
    if (!kind.options.length) kind.append(...Object.entries(found.kinds).map(([name, says]) => make("option", { value: name }, `${name}: ${says}`)));
    waiting.replaceChildren(...found.waiting.map((fault) => make("li", {},
      make("span", { class: "what" }, fault.kind, fault.kind === "slow" ? ` by ${fault.seconds} seconds` : ""),
      make("span", { class: "what" }, `${METHODS[fault.method] ?? fault.method} ${fault.path}`),
      make("span", {}, whom(fault), " ", badge(`struck ${fault.struck}`)),
      make("button", { type: "button", click: () => withdraw(fault) }, "Remove"))));
    none.hidden = found.waiting.length > 0;
    const counts = Object.entries(found.struck).map(([name, times]) => `${name} ${times}`);
    struck.textContent = counts.length ? `Struck so far: ${counts.join(", ")}` : "";
    askForSeconds();
  }

  return {
    node: make("section", { "aria-labelledby": "calls" }, make("h2", { id: "calls" }, "Calls to the API"), form, make("h3", {}, "Waiting for a call"), none, waiting, struck),
    refresh: async () => show(await read("_local/api_faults")),
  };
}

const field = (label, control) => make("p", {}, make("label", { for: control.id }, label), control);

/** Of the calls that fit, which it strikes. */
function whom({ share, times }) {
  const often = times === null ? "all" : `the next ${times}`;
  return share === 1 ? often : `${share * 100}% of ${often}`;
}
