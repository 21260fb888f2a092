// Typing into a row of fields: each formats what it gets, a full one hands on to the next, and
// Backspace at the start of one goes back.
//
// A field is {input, format, check, isFull}: `format(text, isDeleting)` gives the text in its form,
// `check()` null or what is wrong with it, `isFull()` whether there is room for more.

import { digitsOf } from "./cards.js";

/** Guide through the fields; `edited` hears which the customer changed, `left` which, and where to. */
export function guide(fields, { edited, left }) {
  for (const [at, field] of fields.entries()) {
    const { input } = field;
    input.addEventListener("input", ({ inputType = "" }) => {
      const wasAtEnd = reformat(field, inputType.startsWith("delete"));
      edited(field);
      if (wasAtEnd && field.isFull() && !field.check()) fields[at + 1]?.input.focus();
    });
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Backspace" || input.selectionEnd > 0 || at === 0) return;
      event.preventDefault();
      fields[at - 1].input.focus();
    });
    input.addEventListener("blur", ({ relatedTarget }) => left(field, relatedTarget));
  }
}

/** Put the text into its form and keep the caret behind its digit; whether it was at the end. */
function reformat({ input, format }, isDeleting) {
  const digitsBefore = digitsOf(input.value.slice(0, input.selectionStart)).length;
  const isAtEnd = input.selectionStart === input.value.length;
  const formatted = format(input.value, isDeleting);
  if (formatted === input.value) return isAtEnd;
  input.value = formatted;
  if (!isAtEnd) placeCaret(input, digitsBefore);
  return isAtEnd;
}

/** Keep the caret behind the digit it was behind before the gaps moved. */
function placeCaret(input, digitsBefore) {
  let at = 0;
  for (let seen = 0; seen < digitsBefore; at += 1) seen += /\d/.test(input.value[at]) ? 1 : 0;
  input.setSelectionRange(at, at);
}
