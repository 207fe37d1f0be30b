// Claims in a table that sorts and filters. On a page it takes over the rows of the table there.

import { announcer, element, freshId, select } from "./dom.js";
import { traits } from "./model.js";

const COLUMNS = ["Claim", "Source", "In the source", "Here", "Verdict"];
const ORDERS = { book: "order of the book", claim: "claim", source: "source", verdict: "verdict" };
const VERDICTS = ["supported", "not supported", "inconclusive"];

/** Rows with what they are sorted and searched by. */
function rowsOf(table, claims) {
  const rows = table ? [...table.querySelectorAll("tbody tr")].map((row) => row.cloneNode(true)) : claims.map(drawnRow);
  return rows.map((row, book) => {
    const [claim, source, , , verdict] = [...row.children].map((cell) => cell.textContent.trim());
    return { row, book, claim, source, verdict: verdict.toLowerCase(), text: row.textContent.toLowerCase() };
  });
}

function drawnRow({ statement, source, paper, ours, quantity, claimed, verdict }) {
  const found = element("td", {}, element("p", {}, ours), element("p", { class: "quantity" }, `${quantity}; claimed: ${claimed}`));
  return element("tr", {}, element("th", { class: "stub", scope: "row" }, statement), element("td", {}, source),
    element("td", {}, paper || "–"), found, element("td", {}, verdict));
}

function render({ model, el }) {
  const { read, write, listen } = traits(model, ["verdict", "order", "words"]);
  const old = model.still?.querySelector("table"); // which a page holds for readers without scripts
  const rows = rowsOf(old, model.get("claims"));
  const head = old ? old.querySelector("thead").cloneNode(true)
    : element("thead", {}, element("tr", {}, ...COLUMNS.map((name) => element("th", { scope: "col" }, name))));
  const body = element("tbody");
  const table = element("table", { class: old?.className ?? "scoreboard" }, head, body);
  const says = announcer();
  const verdict = select({ label: "verdict", value: read().verdict, options: [["", "any"], ...VERDICTS.map((v) => [v, v])],
    onChange: (verdict) => write({ verdict }) });
  const order = select({ label: "sorted by", value: read().order, options: Object.entries(ORDERS),
    onChange: (order) => write({ order }) });
  const search = element("input", { type: "search", id: freshId() });
  search.addEventListener("input", () => write({ words: search.value }));
  const find = element("div", { class: "bn-control" }, element("label", { for: search.id }, "containing"), search);
  const show = () => {
    const state = read();
    verdict.set(state.verdict);
    order.set(state.order);
    if (search.value !== state.words) search.value = state.words;
    const needles = state.words.toLowerCase().split(/\s+/).filter(Boolean);
    const kept = rows.filter(({ verdict: found, text }) =>
      (!state.verdict || found === state.verdict) && needles.every((needle) => text.includes(needle)));
    const key = state.order;
    kept.sort((a, b) => (key === "book" ? 0 : a[key].localeCompare(b[key])) || a.book - b.book);
    body.replaceChildren(...kept.map(({ row }) => row));
    says.textContent = `${kept.length} of ${rows.length} claims`;
  };
  el.classList.add("bn-root", "bn-wide");
  el.append(element("div", { class: "bn-controls", role: "search" }, verdict.root, order.root, find), says, table);
  show();
  return listen(show);
}

export default { render };
