// A pending order waits for Stripe's webhook, which reaches the shop and not this page. So the page asks
// the shop, less and less often, and gives up after a minute: nobody keeps a shop busy for ever.

"use strict";

{
  const PAUSES = [1, 2, 3, 5, 8, 13, 21]; // seconds

  const waiting = document.getElementById("waiting");
  const [looking, late] = waiting.querySelectorAll(".scripted");

  watch();

  async function watch() {
    for (const pause of PAUSES) {
      await new Promise((wake) => setTimeout(wake, pause * 1000));
      if (await hasChanged()) return location.reload();
    }
    looking.hidden = true;
    late.hidden = false;
  }

  // A look that fails is one that found nothing: the next one may do better.
  async function hasChanged() {
    try {
      const answer = await fetch(waiting.dataset.order);
      return answer.ok && (await answer.json()).status !== "pending";
    } catch {
      return false;
    }
  }
}
