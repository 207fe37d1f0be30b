// A table of the numbers of a batch: a column for each sample, a row for each kind.

import { element, fixed } from "./dom.js";

/** `rows` are pairs of key and name; `show` takes numbers by key, and the column to point out. */
export function numberTable(rows) {
  const root = element("table", { class: "bn-numbers" });
  const show = (numbers, chosen) => {
    const look = (index) => (index === chosen ? { class: "bn-chosen" } : {});
    const [first] = Object.keys(rows);
    const heads = Array.from(numbers[first], (_, index) => element("th", { scope: "col", ...look(index) }, String(index + 1)));
    const lines = Object.entries(rows).map(([key, name]) => element("tr", {}, element("th", { scope: "row" }, name),
      ...Array.from(numbers[key], (number, index) => element("td", look(index), fixed(number)))));
    root.replaceChildren(
      element("thead", {}, element("tr", {}, element("th", { scope: "col" }, "sample"), ...heads)),
      element("tbody", {}, ...lines),
    );
  };
  return { root, show };
}
