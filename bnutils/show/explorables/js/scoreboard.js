// Claims in lines that unfold, to choose from and to sort. On a page it takes over the lines there.

import { announcer, button, element, freshId, select } from "./dom.js";
import { traits } from "./model.js";

const ORDERS = { book: "order of the book", claim: "claim", source: "source", verdict: "verdict" };
const VERDICTS = ["supported", "contradicted", "no relevant effect", "undecided"];
const CHOICES = ["verdict", "kind", "chapter"];
const NONE = { verdict: "", kind: "", chapter: "", words: "", order: "book" };
const MARK = "#claims?"; // before the choice in an address

/** Lines with what they are sorted and searched by. */
function linesOf(still, claims) {
  const there = [...(still?.querySelectorAll("details.bn-line") ?? [])].map((line) => line.cloneNode(true));
  return (there.length ? there : claims.map(drawn)).map((line, book) => ({ kind: "", chapter: "", ...line.dataset, line, book,
    claim: line.querySelector(".states").textContent, text: line.textContent.toLowerCase() }));
}

function drawn({ statement, source, paper, short, quantity, claimed, verdict, check }) {
  const told = { Measured: quantity, Claimed: claimed, Source: source, "In the source": paper };
  const terms = Object.entries(told).filter(([, text]) => text).map(([term, text]) =>
    element("div", {}, element("dt", {}, term), element("dd", {}, text)));
  return element("details", { class: "bn-line", "data-verdict": verdict, "data-source": source, "data-kind": check ? "check" : "" },
    element("summary", {}, element("b", {}, verdict), " ", element("span", { class: "states" }, statement), ` ${short}`),
    element("dl", {}, ...terms));
}

/** What an address chooses; null where it chooses nothing. */
export function fromAddress(hash) {
  if (!hash.startsWith(MARK)) return null;
  const found = Object.fromEntries(new URLSearchParams(hash.slice(MARK.length)));
  const known = Object.keys(NONE).filter((name) => name in found && (name !== "order" || found.order in ORDERS));
  return { ...NONE, ...Object.fromEntries(known.map((name) => [name, found[name]])) };
}

/** The address of a choice; empty where it is none. */
export function toAddress(state) {
  const chosen = Object.keys(NONE).filter((name) => state[name] !== NONE[name]);
  return chosen.length ? MARK + new URLSearchParams(chosen.map((name) => [name, state[name]])) : "";
}

function matches(line, state) {
  const needles = state.words.toLowerCase().split(/\s+/).filter(Boolean);
  return CHOICES.every((name) => ["", ...line[name].split(", ")].includes(state[name]))
    && needles.every((needle) => line.text.includes(needle));
}

function render({ model, el }) {
  const { read, write, listen } = traits(model, Object.keys(NONE));
  const lines = linesOf(model.still, model.get("claims"));
  const list = element("div", { class: "bn-lines" });
  const says = announcer();
  const choose = (name, values) => select({ label: name, value: read()[name],
    options: [["", "any"], ...[...new Set(values)].filter(Boolean).map((value) => [value, value])],
    onChange: (value) => write({ [name]: value }) });
  const choices = Object.fromEntries(CHOICES.map((name) =>
    [name, choose(name, name === "verdict" ? VERDICTS : lines.flatMap((line) => line[name].split(", ")))]));
  const useful = Object.values(choices).filter(({ input }) => input.options.length > 1);
  const order = select({ label: "sorted by", value: read().order, options: Object.entries(ORDERS),
    onChange: (order) => write({ order }) });
  const search = element("input", { type: "search", id: freshId() });
  search.addEventListener("input", () => write({ words: search.value }));
  const find = element("div", { class: "bn-control" }, element("label", { for: search.id }, "containing"), search);
  const clear = button("Show all claims", () => {
    write(NONE);
    search.focus(); // the button is gone
  });
  const show = () => {
    const state = read();
    for (const [name, chosen] of Object.entries(choices)) chosen.set(state[name]);
    order.set(state.order);
    if (search.value !== state.words) search.value = state.words;
    const kept = lines.filter((line) => matches(line, state));
    const key = state.order;
    kept.sort((a, b) => (key === "book" ? 0 : a[key].localeCompare(b[key])) || a.book - b.book);
    list.replaceChildren(...kept.map(({ line }) => line));
    says.textContent = `${kept.length} of ${lines.length} claims`;
    clear.hidden = kept.length === lines.length;
    if (model.ofPage && (toAddress(state) || location.hash.startsWith(MARK)))
      history.replaceState(null, "", toAddress(state) || location.pathname + location.search);
  };
  const follow = () => write(fromAddress(location.hash) ?? {});
  el.classList.add("bn-root", "bn-wide");
  el.append(element("div", { class: "bn-controls", role: "search" }, ...useful.map(({ root }) => root), order.root, find),
    says, clear, list);
  if (model.ofPage) {
    follow();
    addEventListener("hashchange", follow);
  }
  show();
  const deaf = listen(show);
  return () => {
    removeEventListener("hashchange", follow);
    deaf();
  };
}

export default { render };
