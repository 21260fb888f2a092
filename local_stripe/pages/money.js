// Amounts as people write them: 1999 USD is $19.99, 1999 JPY is ¥1,999.

// Stripe counts these in hundredths, though nobody pays with them (https://docs.stripe.com/currencies).
const TWO_DECIMALS = ["ISK", "UGX"];

/** The text for an amount in Stripe's minor units; `currency` in either case. */
export function formatMoney(amount, currency, locale = "en-US") {
  const code = currency.toUpperCase();
  const format = new Intl.NumberFormat(locale, { style: "currency", currency: code });
  const decimals = TWO_DECIMALS.includes(code) ? 2 : format.resolvedOptions().maximumFractionDigits;
  return format.format(amount / 10 ** decimals);
}
