// window.Stripe: https://docs.stripe.com/js/initializing

const TOKEN_FIELDS = [
  "name", "address_line1", "address_line2", "address_city", "address_state", "address_zip", "address_country",
];

window.Stripe = function Stripe(key, options = {}) {
  if (!/^pk_test_\w+$/.test(key)) misuse("call Stripe() with a publishable test key, pk_test_…");
  onlyKnown("Stripe(key, options)", options, ["locale"]);
  onlySpoken("Stripe(key, options)", options);
  const { locale } = options;
  const controller = controllerFor({ key, locale });
  const retrieve = (clientSecret) => controller({ wanted: "retrieve", clientSecret });
  return refusingOthers("stripe", {
    elements: (options = {}) => elements(key, { locale, ...options }),
    createToken(card, data = {}) {
      onlyKnown("stripe.createToken data", data, TOKEN_FIELDS);
      return askElement(card, "stripe.createToken", { create: "token", key, fields: { card: data } });
    },
    createPaymentMethod(wanted, ...others) {
      if (wanted?.type !== "card" || others.length) {
        notImplemented('stripe.createPaymentMethod(…) but for {type: "card", card}');
      }
      const { type, card, ...fields } = wanted;
      onlyKnown("stripe.createPaymentMethod", fields, ["billing_details", "metadata"]);
      return askElement(card, "stripe.createPaymentMethod", { create: "paymentMethod", key, fields: { type, ...fields } });
    },
    createEmbeddedCheckoutPage: embeddedCheckout,
    initEmbeddedCheckout: embeddedCheckout,
    initCheckoutElementsSdk: (options) => checkoutElements(controller, key, options),
    createConfirmationToken: async (options) => createConfirmationToken(controller, key, options),
    confirmPayment: async (options) => confirm("confirmPayment", controller, key, options),
    confirmSetup: async (options) => confirm("confirmSetup", controller, key, options),
    confirmCardPayment: async (...sent) => confirmCard("confirmCardPayment", controller, key, ...sent),
    confirmCardSetup: async (...sent) => confirmCard("confirmCardSetup", controller, key, ...sent),
    async handleNextAction({ clientSecret, ...others }) {
      onlyKnown("stripe.handleNextAction", others, []);
      return act(controller, clientSecret, await retrieve(clientSecret));
    },
    retrievePaymentIntent: async (clientSecret) => retrieve(clientSecret),
    retrieveSetupIntent: async (clientSecret) => retrieve(clientSecret),
  });
};
