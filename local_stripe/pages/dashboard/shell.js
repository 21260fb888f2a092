// What stands around every view: the time, and what there is to say.
import { Refusal, read } from "./api.js";
import { written } from "./elements.js";

const element = (id) => document.getElementById(id);

let view; // what is on the page
let seen; // the state of the local Stripe that it shows

/** Put a view on the page: `node`, which `refresh()` brings up to date. */
export async function enter(next) {
  view = next;
  for (const id of ["news", "problem", "refused"]) element(id).textContent = "";
  element("view").replaceChildren(view.node);
  await trying(view.refresh);
}

/** Bring the page up to date, if anything has happened. */
export const update = () => trying(async () => {
  const { now, latest } = await read("_local/clock");
  element("now").textContent = written(now);
  element("now").dateTime = new Date(now * 1000).toISOString();
  if (latest === seen) return;
  seen = latest;
  await trying(view.refresh);
}, "offline");

/** Do something to the local Stripe, and say how it went: `work` resolves with what to say. */
export async function act(work) {
  element("news").textContent = "";
  await trying(async () => {
    const news = await work();
    element("news").textContent = news;
  }, "refused");
  await update();
}

/** Do it, or say there why not: of a view that cannot be read, an act refused, a server gone. */
export async function trying(work, place = "problem") {
  try {
    await work();
    element(place).textContent = "";
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    element(place).textContent = error.message;
  }
}
