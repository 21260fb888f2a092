// 3D Secure: the bank's page over the shop's, until the card's owner has answered it.

/** Ask the owner; resolves when the challenge is over, however it ended. */
async function challenge(controller, { client_secret: clientSecret, next_action: { use_stripe_sdk: action } }) {
  const dialog = document.createElement("dialog");
  dialog.setAttribute("aria-label", "Your bank asks you to confirm this payment");
  dialog.style.cssText = "width: min(28rem, 100vw); height: min(40rem, 100dvh); max-width: none; max-height: none; " +
    "padding: 0; border: 0; border-radius: 12px; overflow: hidden; box-shadow: 0 0 0 100vmax rgb(0 0 0 / 50%)";
  const frame = document.createElement("iframe");
  frame.title = "Your bank’s page";
  frame.src = new URL(`3d_secure_2/hosted${new URL(action.stripe_js).search}`, BASE);
  frame.style.cssText = "display: block; width: 100%; height: 100%; border: 0";
  dialog.append(frame);
  document.body.append(dialog);
  dialog.showModal();
  try {
    if (await answered(dialog, frame, action.source) === "left") {
      await controller({ wanted: "abandon", clientSecret, source: action.source });
    }
  } finally {
    dialog.remove();
  }
}

/** "done" when the bank's page says so, "left" when the owner closes it with Escape. */
function answered(dialog, frame, source) {
  const listening = new AbortController();
  return new Promise((resolve) => {
    const { signal } = listening;
    dialog.addEventListener("cancel", () => resolve("left"), { signal });
    window.addEventListener("message", (event) => {
      const isBank = event.source === frame.contentWindow && event.origin === BASE.origin;
      if (isBank && event.data?.type === "challenge" && event.data.source === source) resolve("done");
    }, { signal });
  }).finally(() => listening.abort());
}
