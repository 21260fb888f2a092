// The clock: what is due by then happens as it goes on; it never goes back.
import { send } from "./api.js";
import { make, written } from "./elements.js";
import { act } from "./shell.js";

const UNITS = { seconds: 1, minutes: 60, hours: 3600, days: 86400, weeks: 604800 };
const STEPS = [["1 hour", 3600], ["1 day", 86400], ["1 week", 604800]];

/** Buttons and a form that advance it; the time itself stands above, in the header. */
export function clock() {
  const number = make("input", { id: "number", type: "number", min: "0", required: true, value: "3" });
  const unit = make("select", { id: "unit", "aria-label": "Unit" }, ...Object.keys(UNITS).map((name) => make("option", { selected: name === "days" }, name)));
  const submit = (event) => {
    event.preventDefault();
    advance(number.value * UNITS[unit.value]);
  };
  const buttons = STEPS.map(([text, seconds]) => make("button", { type: "button", click: () => advance(seconds) }, `+ ${text}`));
  const intro = make("p", {}, "Let time pass, and see what it brings: a bank debit settles, a Checkout Session expires, a delivery is tried again.");
  return {
    node: make("div", {}, intro,
      make("p", { class: "buttons" }, ...buttons),
      make("form", { class: "inline", submit }, make("label", { for: "number" }, "Advance by"), number, unit, make("button", {}, "Advance"))),
    refresh: () => {},
  };
}

const advance = (seconds) => act(async () => {
  const { now } = await send("_local/clock/advance", { seconds });
  return `It is now ${written(now)}.`;
});
