// The pay form with the Payment Element: Stripe.js collects the card, confirms the payment and shows the
// bank's question. The shop gives the PaymentIntent, once the customer presses Pay.

"use strict";

{
  const form = document.getElementById("pay");
  const button = form.querySelector("button");
  const problem = document.getElementById("problem");
  const { publishableKey, amount, currency, returnUrl } = form.dataset;

  if (window.Stripe) {
    const stripe = Stripe(publishableKey);
    const elements = stripe.elements({
      mode: "payment", amount: Number(amount), currency, paymentMethodTypes: ["card"], appearance: look(),
    });
    const payment = elements.create("payment");

    payment.mount("#payment");
    payment.on("ready", () => { button.disabled = false; });

    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (button.disabled) return;  // a double click, or Enter twice
      button.disabled = true;
      problem.textContent = "";
      const error = await pay(stripe, elements);
      problem.textContent = error.message;
      button.disabled = false;
    });
  } else {
    problem.textContent = "The card field did not load. Your order is kept; load this page again in a minute.";
  }

  // Stripe.js leads whoever has paid to the return URL: what comes back here is what went wrong.
  async function pay(stripe, elements) {
    const { error } = await elements.submit();
    if (error) return error;
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form) });
    if (!answer.ok) return { message: "This order cannot be paid just now. Please load the page again." };
    const { client_secret: clientSecret } = await answer.json();
    const refused = await stripe.confirmPayment({ elements, clientSecret, confirmParams: { return_url: returnUrl } });
    return refused.error;
  }

  // The frame does not inherit the page's styles: it is told them.
  function look() {
    const styles = getComputedStyle(form);
    const colorOf = (element) => getComputedStyle(element).color;
    return {
      theme: matchMedia("(prefers-color-scheme: dark)").matches ? "night" : "stripe",
      variables: {
        colorText: styles.color,
        colorTextSecondary: colorOf(form.querySelector(".soft")),
        colorDanger: colorOf(problem),
        colorBackground: getComputedStyle(document.body).backgroundColor,
        fontFamily: styles.fontFamily,
      },
    };
  }
}
