// Claims in a table that sorts and filters. On a page it takes over the rows of the table there.

import { announcer, element, freshId, select } from "./dom.js";
import { traits } from "./model.js";

const COLUMNS = ["Claim", "Source", "In the source", "Here", "Verdict"];
const ORDERS = { book: "order of the book", claim: "claim", source: "source", verdict: "verdict" };
const VERDICTS = ["supported", "contradicted", "no relevant effect", "undecided"];

/** Rows with what they are sorted and searched by. */
function rowsOf(table, claims) {
  const rows = table ? [...table.querySelectorAll("tbody tr")].map((row) => row.cloneNode(true)) : claims.map(drawnRow);
  return rows.map((row, book) => {
    const text = (part) => row.querySelector(part)?.textContent.trim() ?? "";
    return { row, book, claim: text("th"), source: text("td"), verdict: text(".verdict").toLowerCase(),
      kind: text(".kind"), chapter: text(".where"), text: row.textContent.toLowerCase() };
  });
}

function drawnRow({ statement, source, paper, ours, quantity, claimed, verdict, check }) {
  const found = element("td", {}, element("p", {}, ours), element("p", { class: "quantity" }, `${quantity}; claimed: ${claimed}`));
  return element("tr", {}, element("th", { class: "stub", scope: "row" }, statement), element("td", {}, source),
    element("td", {}, paper || "–"), found, element("td", {}, element("p", { class: "verdict" }, verdict),
      element("p", { class: "kind" }, check ? "check" : "")));
}

function render({ model, el }) {
  const { read, write, listen } = traits(model, ["verdict", "kind", "chapter", "order", "words"]);
  const old = model.still?.querySelector("table"); // which a page holds for readers without scripts
  const rows = rowsOf(old, model.get("claims"));
  const head = old ? old.querySelector("thead").cloneNode(true)
    : element("thead", {}, element("tr", {}, ...COLUMNS.map((name) => element("th", { scope: "col" }, name))));
  const body = element("tbody");
  const table = element("table", { class: old?.className ?? "scoreboard" }, head, body);
  const says = announcer();
  const choose = (name, values) => select({ label: name, value: read()[name],
    options: [["", "any"], ...values.filter(Boolean).map((value) => [value, value])], onChange: (value) => write({ [name]: value }) });
  const different = (values) => [...new Set(values)];
  const choices = {
    verdict: choose("verdict", VERDICTS),
    kind: choose("kind", different(rows.flatMap(({ kind }) => kind.split(", ")))),
    chapter: choose("chapter", different(rows.map(({ chapter }) => chapter))),
  };
  const useful = Object.values(choices).filter(({ input }) => input.options.length > 1);
  const order = select({ label: "sorted by", value: read().order, options: Object.entries(ORDERS),
    onChange: (order) => write({ order }) });
  const search = element("input", { type: "search", id: freshId() });
  search.addEventListener("input", () => write({ words: search.value }));
  const find = element("div", { class: "bn-control" }, element("label", { for: search.id }, "containing"), search);
  const show = () => {
    const state = read();
    for (const [name, chosen] of Object.entries(choices)) chosen.set(state[name]);
    order.set(state.order);
    if (search.value !== state.words) search.value = state.words;
    const needles = state.words.toLowerCase().split(/\s+/).filter(Boolean);
    const kept = rows.filter(({ verdict, kind, chapter, text }) => [[verdict], kind.split(", "), [chapter]].every(
      (found, i) => ["", ...found].includes(state[Object.keys(choices)[i]])) && needles.every((needle) => text.includes(needle)));
    const key = state.order;
    kept.sort((a, b) => (key === "book" ? 0 : a[key].localeCompare(b[key])) || a.book - b.book);
    body.replaceChildren(...kept.map(({ row }) => row));
    says.textContent = `${kept.length} of ${rows.length} claims`;
  };
  el.classList.add("bn-root", "bn-wide");
  el.append(element("div", { class: "bn-controls", role: "search" }, ...useful.map(({ root }) => root), order.root, find), says, table);
  show();
  return listen(show);
}

export default { render };
