// Faults: what shall go wrong with calls to the API, and with deliveries of webhooks.
import { apiFaults } from "./api-faults.js";
import { deliveryFaults } from "./delivery-faults.js";
import { make } from "./elements.js";

/** Both kinds, one below the other. */
export function faults() {
  const parts = [apiFaults(), deliveryFaults()];
  const intro = make("p", {}, "A shop has to survive all of these.");
  return {
    node: make("div", {}, intro, ...parts.map(({ node }) => node)),
    refresh: () => Promise.all(parts.map(({ refresh }) => refresh())),
  };
}
