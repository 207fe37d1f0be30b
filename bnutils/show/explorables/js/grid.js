// Grids of cells, one of which is chosen.

import { svg } from "./dom.js";

/** A cell of a grid, that a click chooses; its label says what it holds. */
export function gridCell(label, chosen, choose, ...parts) {
  const cell = svg("g", { role: "gridcell", style: "cursor: pointer", "aria-selected": String(chosen), "aria-label": label }, ...parts);
  cell.addEventListener("click", choose);
  return cell;
}

/** Show a grid on a stage; arrow keys move its choice, [row, column], within the counts of both. */
export function showGrid(stage, grid, chosen, counts, choose) {
  grid.addEventListener("keydown", (event) => {
    const move = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (!move) return;
    event.preventDefault();
    choose(...chosen.map((at, axis) => Math.min(counts[axis] - 1, Math.max(0, at + move[axis]))));
  });
  const focused = stage.contains(document.activeElement);
  stage.replaceChildren(grid);
  if (focused) grid.focus();
}
