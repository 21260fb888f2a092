// What a card's number, expiry date, security code and postal code may look like.
//
// Each check returns null, or Stripe's {code, message} (https://docs.stripe.com/error-codes).

import { say } from "./words.js";

const BRANDS = [
  // first digits, how many digits, where the gaps are, digits of the security code
  { brand: "amex", starts: /^3[47]/, lengths: [15], gaps: [4, 10], cvc: 4 },
  { brand: "diners", starts: /^36/, lengths: [14], gaps: [4, 10], cvc: 3 },
  { brand: "diners", starts: /^3(?:0[0-5]|[89])/, lengths: [14, 16], gaps: [4, 8, 12], cvc: 3 },
  { brand: "discover", starts: /^6(?:011|4[4-9]|5)/, lengths: [16], gaps: [4, 8, 12], cvc: 3 },
  { brand: "jcb", starts: /^35/, lengths: [16], gaps: [4, 8, 12], cvc: 3 },
  { brand: "mastercard", starts: /^(?:5[1-5]|2[2-7])/, lengths: [16], gaps: [4, 8, 12], cvc: 3 },
  { brand: "unionpay", starts: /^62/, lengths: [16, 17, 18, 19], gaps: [4, 8, 12, 16], cvc: 3 },
  { brand: "visa", starts: /^4/, lengths: [16], gaps: [4, 8, 12], cvc: 3 },
];
const UNKNOWN = { brand: "unknown", lengths: [16], gaps: [4, 8, 12], cvc: 3 };

export const digitsOf = (text) => text.replace(/\D/g, "");
export const brandOf = (number) => BRANDS.find(({ starts }) => starts.test(digitsOf(number))) ?? UNKNOWN;

/** "4242424242424242" -> "4242 4242 4242 4242", as the brand groups its digits. */
export function formatNumber(text) {
  const { gaps, lengths } = brandOf(text);
  const digits = digitsOf(text).slice(0, lengths.at(-1));
  return [...digits].map((digit, at) => (gaps.includes(at) ? ` ${digit}` : digit)).join("");
}

/** "1234" -> "12 / 34"; also "3" -> "03 / ", "12/2034" -> "12 / 34"; while deleting, no slash at the end. */
export function formatExpiry(text, deleting = false) {
  let digits = digitsOf(text.replace(/^\s*(\d)\s*\//, "0$1/"));
  if (Number(digits[0]) > 1 || Number(digits.slice(0, 2)) > 12) digits = `0${digits}`;
  const month = digits.slice(0, 2);
  const year = digits.length >= 6 ? digits.slice(4, 6) : digits.slice(2, 4);
  return month.length < 2 || (deleting && !year) ? month : `${month} / ${year}`;
}

export const formatCvc = (text, number) => digitsOf(text).slice(0, brandOf(number).cvc);

export function checkNumber(text) {
  const digits = digitsOf(text);
  const { lengths } = brandOf(digits);
  if (lengths.includes(digits.length) && luhn(digits)) return null;
  if (digits.length < lengths.at(-1)) {
    return { code: "incomplete_number", message: say("Your card number is incomplete.") };
  }
  return { code: "invalid_number", message: say("Your card number is invalid.") };
}

/** The month and the four digits of the year: "12 / 34" -> [12, 2034]. */
export const expiryOf = (text) => [Number(digitsOf(text).slice(0, 2)), 2000 + Number(digitsOf(text).slice(2))];

export function checkExpiry(text, today = new Date()) {
  if (digitsOf(text).length < 4) {
    return { code: "incomplete_expiry", message: say("Your card's expiration date is incomplete.") };
  }
  const [month, year] = expiryOf(text);
  if (month === 0) return { code: "invalid_expiry_month", message: say("Your card's expiration month is invalid.") };
  if (year < today.getFullYear()) {
    return { code: "invalid_expiry_year_past", message: say("Your card's expiration year is in the past.") };
  }
  if (year > today.getFullYear() + 50) {
    return { code: "invalid_expiry_year", message: say("Your card's expiration year is invalid.") };
  }
  if (year === today.getFullYear() && month < today.getMonth() + 1) {
    return { code: "invalid_expiry_month_past", message: say("Your card's expiration date is in the past.") };
  }
  return null;
}

export function checkCvc(text, number) {
  if (text.length === brandOf(number).cvc) return null;
  return { code: "incomplete_cvc", message: say("Your card's security code is incomplete.") };
}

export function checkPostalCode(text) {
  return text.trim().length >= 5 ? null : { code: "incomplete_zip", message: say("Your postal code is incomplete.") };
}

/** Whether the last digit agrees with the others: every second one from the right is doubled. */
function luhn(digits) {
  const worth = (digit, at) => (at % 2 ? [0, 2, 4, 6, 8, 1, 3, 5, 7, 9][digit] : Number(digit));
  return [...digits].reverse().map(worth).reduce((sum, value) => sum + value, 0) % 10 === 0;
}
