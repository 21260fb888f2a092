// The private line from a frame of the local Stripe to the page around it, which Stripe.js holds the other end of.

/** Once the page has called: `start(settings, tell)` gives what to do with each type of message.
 *
 * A message with a question's number is answered with what its function gives.
 */
export function connected(start) {
  addEventListener("message", function first({ source, origin, data: settings, ports: [line] }) {
    if (source !== parent || origin !== location.hash.slice(1)) return;
    removeEventListener("message", first);
    const tell = (message) => line.postMessage(message);
    const receive = start(settings, tell);
    line.onmessage = async ({ data: { type, question, ...details } }) => {
      const result = await receive[type](details);
      if (question) tell({ type: "answer", question, result });
    };
  });
}
