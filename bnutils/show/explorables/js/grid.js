// Grids of cells, one of which is chosen. The focus stays on the grid, which names the chosen cell.

import { freshId, setAttributes, svg } from "./dom.js";

/** A cell of a grid, that a click chooses; its label says what it holds. */
export function gridCell(label, chosen, choose, ...parts) {
  const cell = svg("g", { role: "gridcell", style: "cursor: pointer", "aria-selected": String(chosen), "aria-label": label }, ...parts);
  cell.addEventListener("click", choose);
  return cell;
}

/**
 * Show a grid on a stage, where one of the same shape is changed and not replaced; arrow keys move
 * its choice, [row, column], within the counts of both.
 */
export function showGrid(stage, grid, chosen, counts, choose) {
  const shown = stage.firstChild ? matched(stage.firstChild, grid) : grid;
  if (shown === grid) {
    const focused = stage.contains(document.activeElement);
    grid.addEventListener("keydown", (event) => {
      const move = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
      if (!move) return;
      event.preventDefault();
      grid.chosenNext(move);
    });
    stage.replaceChildren(grid);
    if (focused) grid.focus();
  }
  shown.chosenNext = (move) =>
    choose(...chosen.map((at, axis) => Math.min(counts[axis] - 1, Math.max(0, at + move[axis]))));
  const cell = shown.querySelector('[aria-selected="true"]');
  cell.id ||= freshId();
  shown.setAttribute("aria-activedescendant", cell.id);
}

/** The old element, made to look like a new one; the new one itself where their shapes differ. */
function matched(old, fresh) {
  if (!alike(old, fresh)) return fresh;
  copy(old, fresh);
  return old;
}

const alike = (old, fresh) => old.tagName === fresh.tagName && old.children.length === fresh.children.length &&
  Array.from(old.children).every((child, at) => alike(child, fresh.children[at]));

function copy(old, fresh) {
  for (const { name, value } of fresh.attributes)
    if (old.getAttribute(name) !== value) setAttributes(old, { [name]: value });
  if (fresh.children.length === 0 && old.textContent !== fresh.textContent) old.textContent = fresh.textContent;
  Array.from(old.children).forEach((child, at) => copy(child, fresh.children[at]));
}
