// Lists that unfold: the newest first, a page at a time, kept up to date.
import { Refusal } from "./api.js";
import { make } from "./elements.js";
import { trying } from "./shell.js";

const PAGE = 20;
const MOST = 100; // as many as Stripe gives at once

/**
 * A view of what `read(params)` finds, a list object of Stripe's.
 *
 * line(item): what the folded line shows; details(item): what it unfolds to, or a promise of it.
 * nothing: what to say of an empty list. unfolded: whether its lines start unfolded.
 */
export function listOf({ read, line, details, nothing, unfolded = false }) {
  const rows = new Map(); // by id
  const list = make("ul", { class: "rows" });
  const empty = make("p", { class: "empty", hidden: true }, nothing);
  const older = make("button", { type: "button", hidden: true, click: () => trying(readOlder) }, "Older");

  async function refresh() {
    const limit = Math.max(PAGE, Math.min(rows.size, MOST));
    const { data, has_more } = await read({ limit });
    place(data, list.firstElementChild);
    if (data.length >= rows.size) older.hidden = !has_more;
    empty.hidden = rows.size > 0;
  }

  async function readOlder() {
    const last = list.lastElementChild.dataset.id;
    const { data, has_more } = await read({ limit: PAGE, starting_after: last });
    place(data, null);
    older.hidden = !has_more;
  }

  /** Put the items in their order before this row; those that are there already move, if they must. */
  function place(items, before) {
    for (const item of items) {
      const row = rows.get(item.id) ?? add(item.id);
      row.show(item);
      if (row.node === before) before = before.nextElementSibling;
      else list.insertBefore(row.node, before);
    }
  }

  function add(id) {
    const row = rowOf(id, { line, details, unfolded });
    rows.set(id, row);
    return row;
  }

  return { node: make("div", {}, empty, list, older), refresh };
}

/** A line that unfolds. It is drawn anew when its item has changed, and stays unfolded then. */
function rowOf(id, { line, details, unfolded }) {
  let item;
  let drawn = null; // the item as JSON, when it was unfolded
  const head = make("summary");
  const body = make("div", { class: "body" });
  const fold = make("details", { open: unfolded, toggle: unfold }, head, body);

  function show(latest) {
    if (JSON.stringify(latest) === JSON.stringify(item)) return;
    item = latest;
    head.replaceChildren(...line(item));
    unfold();
  }

  async function unfold() {
    const wanted = JSON.stringify(item);
    if (!fold.open || drawn === wanted) return;
    drawn = wanted;
    const content = await contentOf(item);
    if (drawn !== wanted) return; // something newer is on its way
    const focused = body.contains(document.activeElement);
    body.replaceChildren(...content);
    if (focused) head.focus();
  }

  async function contentOf(item) {
    try {
      return await details(item);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return [make("p", { class: "problem" }, error.message)];
    }
  }

  return { node: make("li", { "data-id": id }, fold), show };
}

/** A view of one thing, unfolded, with a way back to all of them. */
export function oneOf({ all, path, ...options }) {
  const list = listOf({ ...options, unfolded: true });
  return { ...list, node: make("div", {}, make("p", {}, make("a", { href: path }, `← ${all}`)), list.node) };
}
