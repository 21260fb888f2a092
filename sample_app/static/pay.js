// The pay form. The card field is a frame of Stripe's own origin, so this script cannot read what is
// typed there: it asks Stripe.js for a token, puts the token into the form, and sends the form.

"use strict";

{
  const form = document.getElementById("pay");
  const button = form.querySelector("button");
  const problem = document.getElementById("problem");

  if (window.Stripe) {
    const stripe = Stripe(form.dataset.publishableKey);
    const card = stripe.elements().create("card", { hidePostalCode: true, style: look() });

    card.mount("#card");
    card.on("ready", () => { button.disabled = false; });
    card.on("change", (event) => { problem.textContent = event.error ? event.error.message : ""; });

    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (button.disabled) return;  // a double click, or Enter twice in the card field
      button.disabled = true;
      const { token, error } = await stripe.createToken(card);
      if (error) {
        problem.textContent = error.message;
        button.disabled = false;
        card.focus();
      } else {
        form.elements.token.value = token.id;
        form.submit();
      }
    });
  } else {
    problem.textContent = "The card field did not load. Your order is kept; load this page again in a minute.";
  }

  // The frame does not inherit the page's styles: it is told them.
  function look() {
    const { color, fontFamily } = getComputedStyle(form);
    const soft = getComputedStyle(form.querySelector(".soft")).color;
    const bad = getComputedStyle(problem).color;
    return {
      base: { color, iconColor: soft, fontFamily, fontSize: "16px", "::placeholder": { color: soft } },
      invalid: { color: bad, iconColor: bad },
    };
  }
}
