// The dashboard: its address says what it shows, as #payments, #payments/pi_… or #events?type=charge.*
import { clock } from "./clock.js";
import { deliveries } from "./deliveries.js";
import { events } from "./events.js";
import { faults } from "./faults.js";
import { payments } from "./payments.js";
import { requests } from "./requests.js";
import { enter, update } from "./shell.js";

const VIEWS = { payments, events, deliveries, requests, faults, clock };
const TITLES = { payments: "Payments", events: "Events", deliveries: "Webhooks", requests: "Requests", faults: "Faults", clock: "Clock" };
const ROUND = 1000; // milliseconds between two looks

async function open() {
  const { name, id, query } = asked();
  for (const link of document.querySelectorAll("nav a")) {
    if (link.hash === `#${name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.getElementById("title").textContent = TITLES[name];
  document.title = `${TITLES[name]} – local Stripe`;
  await enter(VIEWS[name](id, query));
}

/** Which view, the id in it, and what else the address asks of it. */
function asked() {
  const [, name, id, query] = location.hash.match(/^#(\w+)(?:\/([^?]+))?(?:\?(.*))?$/) ?? [];
  const known = Object.hasOwn(VIEWS, name ?? "") ? name : "payments";
  return { name: known, id: known === name ? id : undefined, query: new URLSearchParams(query) };
}

async function watch() {
  if (!document.hidden) await update();
  setTimeout(watch, ROUND);
}

addEventListener("hashchange", async () => {
  await open();
  document.getElementById("title").focus();
});

await open();
await watch();
