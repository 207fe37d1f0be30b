// Number lines one below the other: the inputs of a batch as beads that can be dragged, what
// becomes of them, and arrows for the gradient that each input gets.

import { fixed, setAttributes, svg } from "./dom.js";
import { pictureOf, ruleFrom, textAt, widthOf } from "./pictures.js";
import { linearScale } from "./scales.js";

const ROWS = { x: 56, xHat: 146, y: 236, dx: 336 }; // pixels from the top
const [HEIGHT, MARGIN, REACH] = [384, 16, 44];
const LIMIT = 6; // the number lines run from -LIMIT to LIMIT
const STEP = 0.1;
const TITLE = { "font-size": 15, "font-weight": 600 };
const [NEAR, RAISED, HIGHEST] = [17, 12, 30]; // pixels: beads that would hide each other stand on one another

/** The place on a number line, of which what lies beyond is at the end. */
const clamped = (value) => Math.max(-LIMIT, Math.min(LIMIT, value));

/** The nearest value that an input can have. */
export const rounded = (value) => Math.round(clamped(value) * 10) / 10;

/** The picture for a width in pixels, and a function that moves its parts. */
export function drawScene(width, count, actions) {
  const across = linearScale([-LIMIT, LIMIT], [MARGIN, width - MARGIN]);
  const picture = pictureOf(width, HEIGHT, { role: "group",
    "aria-label": "A batch on number lines: inputs, normalized values, outputs, gradients" });
  const titles = { x: "input x", xHat: "normalized x̂", y: width > 420 ? "output y = γx̂ + β" : "output y", dx: "gradient for x" };
  for (const [row, y] of Object.entries(ROWS)) {
    picture.append(ruleFrom(MARGIN, y, width - MARGIN, y));
    for (let tick = -LIMIT; row !== "dx" && tick <= LIMIT; tick += 2)
      picture.append(ruleFrom(across(tick), y - 4, across(tick), y + 4),
        textAt(across(tick), y + 26, fixed(tick, 0), { "text-anchor": "middle" }));
  }
  const spread = svg("rect", { y: ROWS.x - 17, height: 34, rx: 4, fill: "var(--bn-with)", opacity: 0.16 });
  const centre = svg("line", { y1: ROWS.x - 22, y2: ROWS.x + 22, stroke: "var(--bn-with)", "stroke-width": 3 });
  const centreName = textAt(0, ROWS.x - 27, "μ ± σ", { class: "bn-label", "font-size": 13, "text-anchor": "middle" }); // of the statistics in use
  picture.append(spread, centre);
  const threads = Array.from({ length: count }, () =>
    svg("polyline", { fill: "none", stroke: "var(--bn-muted)", "stroke-width": 1, opacity: 0.55 }));
  const arrows = Array.from({ length: count }, () => svg("path", { fill: "none", "stroke-width": 4 }));
  picture.append(...threads, ...arrows);
  const beads = Object.fromEntries(["x", "xHat", "y"].map((row) =>
    [row, Array.from({ length: count }, (_, index) => bead(index, row, across, actions))]));
  const named = Object.entries(ROWS).map(([row, y]) =>
    textAt(0, row === "dx" ? y - REACH - 6 : y - 32, titles[row], { class: "bn-label", ...TITLE }));
  const longest = textAt(width, ROWS.dx - REACH - 6, "", { class: "bn-label", "text-anchor": "end" });
  picture.append(...named, centreName, longest); // on what would cross them
  for (const row of Object.values(beads)) picture.append(...row);
  const free = widthOf(document.body, titles.x, TITLE) + 32; // to the right of the name of the inputs
  const parts = { across, spread, centre, centreName, threads, arrows, beads, longest, free };
  return { picture, show: (state, result) => place(parts, state, result) };
}

function bead(index, row, across, { move, choose, value }) {
  const movable = row === "x";
  const circle = svg("circle", { r: movable ? 12 : 9, stroke: "var(--bn-ground)", "stroke-width": 1.5 });
  const number = textAt(0, 4.5, String(index + 1), { "font-size": movable ? 13 : 12, "font-weight": 700,
    "text-anchor": "middle", style: "fill: var(--bn-ground); pointer-events: none" });
  const group = svg("g", movable
    ? { class: "bn-bead", tabindex: 0, role: "slider", "aria-label": `input ${index + 1}`,
      "aria-valuemin": -LIMIT, "aria-valuemax": LIMIT, style: "touch-action: none" }
    : { "aria-hidden": "true" }, circle, number);
  if (!movable) return group;
  const keys = { ArrowLeft: -STEP, ArrowDown: -STEP, ArrowRight: STEP, ArrowUp: STEP, PageUp: 1, PageDown: -1 };
  group.addEventListener("keydown", (event) => {
    const step = keys[event.key];
    const goal = { Home: -LIMIT, End: LIMIT }[event.key] ?? (step && value(index) + step);
    if (goal === undefined) return;
    event.preventDefault();
    move(index, goal);
  });
  group.addEventListener("focus", () => choose(index));
  group.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    group.focus();
    group.setPointerCapture(event.pointerId);
  });
  group.addEventListener("pointermove", (event) => {
    if (!group.hasPointerCapture(event.pointerId)) return;
    const box = group.ownerSVGElement.getBoundingClientRect();
    move(index, across.inverse(event.clientX - box.left));
  });
  return group;
}

function place({ across, spread, centre, centreName, threads, arrows, beads, longest, free }, state, result) {
  const { mean, variance, dx } = result;
  const sd = Math.sqrt(variance);
  const [from, to] = [across(clamped(mean - sd)), across(clamped(mean + sd))];
  setAttributes(spread, { x: from, width: Math.max(0, to - from) });
  setAttributes(centre, { x1: across(clamped(mean)), x2: across(clamped(mean)) });
  setAttributes(centreName, { x: Math.max(free, across(clamped(mean))) });
  const largest = Math.max(1e-9, ...[...dx].map(Math.abs));
  longest.textContent = `longest arrow: ${fixed(Math.max(...[...dx].map(Math.abs)))}`;
  const lifts = Object.fromEntries(Object.keys(beads).map((row) => [row, liftsOf([...result[row]].map((value) => across(clamped(value))))]));
  for (const index of state.values.keys()) {
    const chosen = index === state.selected;
    const at = Object.fromEntries(["x", "xHat", "y"].map((row) => [row, across(clamped(result[row][index]))]));
    setAttributes(threads[index], {
      points: Object.keys(at).map((row) => `${at[row]},${ROWS[row]}`).join(" "),
      "stroke-width": chosen ? 2.5 : 1,
    });
    for (const [row, list] of Object.entries(beads)) {
      setAttributes(list[index], { transform: `translate(${at[row]} ${ROWS[row] - lifts[row][index]})` });
      setAttributes(list[index].firstChild, { fill: chosen ? "var(--bn-ink)" : "var(--bn-with)" });
    }
    setAttributes(beads.x[index], {
      "aria-valuenow": Number(state.values[index].toFixed(1)),
      "aria-valuetext": `${fixed(state.values[index], 1)}, normalized ${fixed(result.xHat[index])}, gradient ${fixed(dx[index])}`,
    });
    const length = (dx[index] / largest) * REACH;
    const side = Math.min(5, 0.7 * Math.abs(length)); // of the head, which fits short arrows
    const barb = -Math.sign(length) * 1.3 * side;
    setAttributes(arrows[index], {
      stroke: chosen ? "var(--bn-ink)" : "var(--bn-with)",
      d: Math.abs(dx[index]) < 1e-6 ? "" : `M${at.x},${ROWS.dx} v${-length} m${-side},${-barb} l${side},${barb} l${side},${-barb}`,
    });
  }
}

/** How far beads at these places are raised, so that none hides another. */
function liftsOf(places) {
  const levels = places.map(() => 0);
  places.forEach((place, index) => {
    const taken = new Set(levels.slice(0, index).filter((_, other) => Math.abs(places[other] - place) < NEAR));
    while (taken.has(levels[index])) levels[index] += 1;
  });
  const each = Math.min(RAISED, HIGHEST / Math.max(1, ...levels));
  return levels.map((level) => level * each);
}
