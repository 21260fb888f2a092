// Amounts as people write them: 1999 USD is $19.99, 1999 JPY is ¥1,999.

// How many decimals Stripe counts in, which is not always what a browser thinks (HUF, ISK):
// https://docs.stripe.com/currencies#zero-decimal. The server fills its lists in; all others have two.
const ZERO_DECIMAL = "{zero_decimal}".split(" ");
const THREE_DECIMAL = "{three_decimal}".split(" ");

/** The text for an amount in Stripe's minor units; `currency` in either case. */
export function formatMoney(amount, currency, locale = "en-US") {
  const code = currency.toLowerCase();
  const decimals = ZERO_DECIMAL.includes(code) ? 0 : THREE_DECIMAL.includes(code) ? 3 : 2;
  const value = amount / 10 ** decimals;
  if (code.length > 3) return `${value.toFixed(decimals)} ${code.toUpperCase()}`; // USDC is in no browser
  return new Intl.NumberFormat(locale, { style: "currency", currency: code, maximumFractionDigits: decimals }).format(value);
}
