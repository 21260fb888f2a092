// Intents, confirmed from the page: https://docs.stripe.com/js/payment_intents

const CONFIRM_PARAMS = ["return_url", "receipt_email", "shipping", "setup_future_usage", "payment_method"];
const NAMES = { paymentIntent: "payment_intent", setupIntent: "setup_intent" };
const REDIRECT_STATUS = { processing: "pending", requires_capture: "succeeded", succeeded: "succeeded" };
const LAST_ERROR = { paymentIntent: "last_payment_error", setupIntent: "last_setup_error" };

const confirming = new Map(); // client secret -> what its confirmation comes to

/** Confirm, and let the owner answer the bank: {paymentIntent}, {setupIntent} or {error}.
 *
 * A second click waits for what the first one began: the bank asks once.
 */
function confirmIntent(controller, clientSecret, ...how) {
  if (!confirming.has(clientSecret)) {
    const result = confirmOnce(controller, clientSecret, ...how);
    confirming.set(clientSecret, result.finally(() => confirming.delete(clientSecret)));
  }
  return confirming.get(clientSecret);
}

async function confirmOnce(controller, clientSecret, params, handleActions = true) {
  const result = await controller({ wanted: "confirm", clientSecret, params: { ...params, use_stripe_sdk: true } });
  return handleActions ? act(controller, clientSecret, result) : result;
}

/** What the intent waits for, done: the bank's page here, or a way to it that does not come back. */
async function act(controller, clientSecret, result) {
  const [name, intent] = Object.entries(result)[0];
  if (intent.status !== "requires_action") return result;
  if (intent.next_action.type === "redirect_to_url") return leave(intent.next_action.redirect_to_url.url);
  await challenge(controller, intent);
  const after = await controller({ wanted: "retrieve", clientSecret });
  const error = after[name]?.[LAST_ERROR[name]];
  return after[name]?.status === "requires_payment_method" && error
    ? { error: { ...error, [NAMES[name]]: after[name] } }
    : after;
}

/** stripe.confirmCardPayment and confirmCardSetup. */
async function confirmCard(call, controller, key, clientSecret, data = {}, options = {}) {
  onlyKnown(`stripe.${call} data`, data, CONFIRM_PARAMS);
  onlyKnown(`stripe.${call} options`, options, ["handleActions"]);
  const { payment_method: wanted, ...params } = data;
  if (typeof wanted !== "object") {
    return confirmIntent(controller, clientSecret, { ...params, payment_method: wanted }, options.handleActions);
  }
  onlyKnown(`stripe.${call} data.payment_method`, wanted, ["card", "billing_details"]);
  const { card, billing_details } = wanted;
  const fields = { type: "card", billing_details };
  const { paymentMethod, error } = await askElement(card, `stripe.${call}`, { create: "paymentMethod", key, fields });
  if (error) return { error };
  return confirmIntent(controller, clientSecret, { ...params, payment_method: paymentMethod.id }, options.handleActions);
}

/** stripe.confirmPayment and confirmSetup. */
async function confirm(call, controller, key, { elements, clientSecret, confirmParams = {}, redirect = "always", ...others }) {
  onlyKnown(`stripe.${call}`, others, []);
  const { payment_method_data: known = {}, ...params } = confirmParams;
  onlyKnown(`stripe.${call} confirmParams`, params, CONFIRM_PARAMS);
  onlyKnown(`stripe.${call} confirmParams.payment_method_data`, known, ["billing_details"]);
  if (!["always", "if_required"].includes(redirect)) misuse(`redirect is "always" or "if_required", not "${redirect}"`);
  if (redirect === "always" && !params.return_url) misuse(`${call} needs confirmParams.return_url`);
  const secret = clientSecret ?? groups.get(elements)?.clientSecret;
  if (!secret) misuse(`${call} needs a clientSecret`);
  const method = elements ? await methodOf(call, key, elements, known) : { paymentMethod: { id: params.payment_method } };
  if (method.error) return { error: method.error };
  const result = await confirmIntent(controller, secret, { ...params, payment_method: method.paymentMethod.id });
  return result.error || redirect === "if_required" ? result : leave(back(params.return_url, result));
}

/** stripe.createConfirmationToken. */
async function createConfirmationToken(controller, key, { elements, params = {}, ...others }) {
  onlyKnown("stripe.createConfirmationToken", others, []);
  const { payment_method_data: known = {}, ...rest } = params;
  onlyKnown("stripe.createConfirmationToken params", rest, ["return_url", "shipping", "setup_future_usage"]);
  onlyKnown("stripe.createConfirmationToken params.payment_method_data", known, ["billing_details"]);
  if (!elements) notImplemented("stripe.createConfirmationToken(…) without elements");
  const { paymentMethod, error } = await methodOf("createConfirmationToken", key, elements, known, { always: true });
  if (error) return { error };
  const { setupFutureUsage: setup_future_usage } = groups.get(elements).deferred;
  return controller({
    wanted: "confirmationToken",
    params: { setup_future_usage, ...rest, payment_method: paymentMethod.id },
  });
}

/** The PaymentMethod that the Payment Element holds: {paymentMethod} or {error}. */
function methodOf(call, key, elements, { billing_details }, { always = false } = {}) {
  const group = groups.get(elements);
  if (!group?.payment()) misuse(`${call} needs elements with a Payment Element`);
  if (!group.submitted && (always || !group.clientSecret)) misuse(`call elements.submit() before stripe.${call}()`);
  return asking.get(group.payment())({ wanted: "paymentMethod", key, billing_details });
}

/** The shop's page to return to, told of the intent as Stripe tells it. */
function back(returnUrl, result) {
  const [name, intent] = Object.entries(result)[0];
  const url = new URL(returnUrl, location);
  url.searchParams.set(NAMES[name], intent.id);
  url.searchParams.set(`${NAMES[name]}_client_secret`, intent.client_secret);
  url.searchParams.set("redirect_status", REDIRECT_STATUS[intent.status] ?? "failed");
  return url;
}

/** Go there. Nothing comes after. */
function leave(url) {
  location.assign(url);
  return new Promise(() => {});
}

function askElement(element, call, wanted) {
  if (!asking.has(element)) notImplemented(`${call}(…) without a card element`);
  return asking.get(element)(wanted);
}
