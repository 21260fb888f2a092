// Embedded Checkout: Stripe's page inside of the shop's. https://docs.stripe.com/js/embedded_checkout

/** stripe.createEmbeddedCheckoutPage, which was called initEmbeddedCheckout before. */
async function embeddedCheckout({ fetchClientSecret, clientSecret, onComplete, ...others }) {
  onlyKnown("stripe.createEmbeddedCheckoutPage(options)", others, []);
  if (!fetchClientSecret && !clientSecret) misuse("embedded Checkout needs fetchClientSecret");
  const secret = checkedSecret(fetchClientSecret ? await fetchClientSecret() : clientSecret);
  let frame, listening;

  const checkout = refusingOthers("checkout", {
    mount(where) {
      const target = typeof where === "string" ? document.querySelector(where) : where;
      if (!(target instanceof Element)) misuse(`no element to mount on: ${where}`);
      checkout.unmount();
      warnOfOneOrigin();
      frame = document.createElement("iframe");
      frame.title = "Secure checkout";
      frame.src = new URL(`c/embed/${secret.split("_secret_")[0]}#${secret}`, BASE);
      frame.style.cssText = "display: block; width: 100%; min-height: 40rem; border: 0";
      listening = listen(frame, receive);
      target.replaceChildren(frame);
      frame.addEventListener("load", () => {
        frame.addEventListener("load", () => frame.scrollIntoView()); // the bank's page begins at its top
      }, { once: true });
    },
    unmount() {
      listening?.abort();
      frame?.remove();
    },
    destroy: () => checkout.unmount(),
  });

  const receive = {
    height: ({ pixels }) => { frame.style.height = `${pixels}px`; },
    complete({ url }) {
      if (url) leave(url);
      else onComplete?.();
    },
  };
  return checkout;
}

/** Hear what this frame says, by type, until the controller that comes back is aborted. */
function listen(frame, receive) {
  const listening = new AbortController();
  window.addEventListener("message", ({ source, origin, data }) => {
    if (source === frame.contentWindow && origin === BASE.origin) receive[data.type]?.(data);
  }, { signal: listening.signal });
  return listening;
}

function checkedSecret(secret) {
  if (!/^cs_\w+_secret_\w+$/.test(secret)) misuse("that is no client secret of a Checkout Session: cs_…_secret_…");
  return secret;
}
