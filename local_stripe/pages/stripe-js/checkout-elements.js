// A Checkout Session paid with Elements of the shop's page. https://docs.stripe.com/js/custom_checkout

// The session ended, or another tab asked anew, while the bank was asking.
const UNCONFIRMED = { message: "This payment was not confirmed. Please load the page again." };

/** stripe.initCheckoutElementsSdk, which was called initCheckout before. */
function checkoutElements(controller, key, { clientSecret, elementsOptions = {}, ...others }) {
  onlyKnown("stripe.initCheckoutElementsSdk(options)", others, []);
  onlyKnown("stripe.initCheckoutElementsSdk(options).elementsOptions", elementsOptions, ["appearance"]);
  if (typeof clientSecret !== "string") notImplemented("stripe.initCheckoutElementsSdk(…) with a promise as clientSecret");
  const { appearance = {} } = elementsOptions;
  checkAppearance(appearance);
  checkedSecret(clientSecret);
  const ask = (wanted, details = {}) => controller({ wanted, clientSecret, ...details });
  const listeners = [];
  let payment, known, confirming;

  function keep({ session }) {
    known = { ...session, email: session.email ?? known?.email ?? null };
    known.canConfirm = known.status.type === "open" && Boolean(payment && known.email);
    for (const listener of listeners) listener(known);
    return known;
  }

  const actions = refusingOthers("checkout actions", {
    getSession: () => known,
    async updateEmail(email) {
      if (!/^[^@\s]+@[^@\s]+$/.test(email)) return refused({ message: "Your email is invalid." }, "invalidEmail");
      return { type: "success", session: keep({ session: { ...known, email } }) };
    },
    /** Have the shop's server change the session, then read what it sells now. */
    async runServerUpdate(update) {
      await update();
      const result = await ask("checkout");
      return result.error ? refused(result.error) : { type: "success", session: keep(result) };
    },
    // A second click waits for what the first one began.
    confirm: (options) => (confirming ??= confirm(options).finally(() => { confirming = undefined; })),
  });

  async function confirm({ returnUrl, redirect = "always", email = known.email, ...others } = {}) {
    onlyKnown("checkout.confirm(options)", others, []);
    if (!payment) misuse("checkout.confirm() needs a Payment Element");
    if (!email) return refused({ message: "An email is required to confirm this session." });
    const method = await asking.get(payment)({ wanted: "paymentMethod", key, billing_details: { email } });
    if (method.error) return refused(method.error);
    const expected = known.total.total.minorUnitsAmount;
    const paid = await ask("payCheckout", { method: method.paymentMethod.id, expected });
    const result = paid.intent?.next_action ? await afterChallenge(paid.intent) : paid;
    if (result.error) return refused(result.error);
    const session = keep(result);
    if (redirect === "if_required") return { type: "success", session };
    if (!returnUrl && !result.url) misuse("checkout.confirm() needs a returnUrl, or the session a return_url");
    return leave(returnUrl ?? result.url);
  }

  async function afterChallenge(intent) {
    await challenge(controller, intent);
    const result = await ask("checkout");
    if (result.error || result.session.status.type === "complete") return result;
    return { error: result.intent.last_payment_error ?? result.intent.last_setup_error ?? UNCONFIRMED };
  }

  return refusingOthers("checkout", {
    async loadActions() {
      const result = await ask("checkout");
      if (result.error) return refused(result.error);
      keep(result);
      return { type: "success", actions };
    },
    createPaymentElement(options = {}) {
      if (payment) misuse("one payment element at a time; destroy() the first");
      payment = frameElement("payment", { key, clientSecret, appearance }, options, () => { payment = undefined; });
      return payment;
    },
    getPaymentElement: () => payment ?? null,
    on(name, listener) {
      if (name !== "change") notImplemented(`checkout.on("${name}")`);
      listeners.push(listener);
    },
  });
}

/** What an action gives for an error: a declined card has a code of its own. */
function refused({ message, type, decline_code: declineCode = null }, code = null) {
  const declined = type === "card_error" ? { code: "paymentFailed", paymentFailed: { declineCode } } : { code };
  return { type: "error", error: { message, ...declined } };
}
