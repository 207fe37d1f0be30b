// Line charts in real pixels: axes, lines with bands, names where the lines end.

import { freshId, setAttributes, svg } from "./dom.js";
import { ruleFrom, textAt, widthOf } from "./pictures.js";
import { linearScale, logScale, tickText, ticks } from "./scales.js";

const [TOP, BOTTOM, LEFT] = [26, 40, 48];
const LINE = 15; // pixels between two names
const NAME = { "font-size": 13, "font-weight": 600 };
const LEAVES = " ↑"; // after the name of a line that ends above its axis

/**
 * A chart that can be drawn again and again: `draw` takes the width in pixels and what to show.
 *
 * Each of `series` has a name, a colour, xs and ys, and where wanted low and high for a band, dash
 * for the look of the line. What is not finite, or not positive on a logarithmic axis, leaves a gap.
 * `label` says what the chart shows to those who cannot see it, `mark` is an x to point out, and
 * `at` of an axis are the values to name on it.
 */
export function lineChart({ height = 220, title = "" } = {}) {
  const root = svg("svg", { role: "img", "aria-label": title, height });
  const clip = freshId();
  const draw = ({ width, series, x, y, label, mark = null }) => {
    const right = Math.max(12, ...series.map(({ name }) => name && widthOf(root, name + LEAVES, NAME) + 8));
    const area = { left: LEFT, right: width - right, top: TOP, bottom: height - BOTTOM };
    const across = scaleOf(x, [area.left, area.right]);
    const up = scaleOf(y, [area.bottom, area.top]);
    setAttributes(root, { viewBox: `0 0 ${width} ${height}`, "aria-label": label });
    root.replaceChildren(
      textAt(0, 14, title, { "font-size": 14, "font-weight": 600 }),
      ...axes(area, across, up, x, y),
      ...(mark === null ? [] : [svg("line", { x1: across(mark), x2: across(mark), y1: area.top, y2: area.bottom,
        stroke: "var(--bn-ink)", "stroke-dasharray": "3 3" })]),
      ...framed(area, clip, series.flatMap((one) => drawn(one, across, up))),
      ...names(series, across, up, area),
    );
  };
  return { root, draw };
}

function scaleOf({ domain, log = false, at = null, few = false }, range) {
  const scale = (log ? logScale : linearScale)(domain, range);
  const [low, high] = domain;
  const far = 10; // beyond the axis, where nothing is seen, and positions stay small
  const [start, end] = range[0] < range[1] ? range : [range[1], range[0]];
  const place = (value) => Math.min(end + far, Math.max(start - far, scale(value)));
  place.shows = (value) => Number.isFinite(value) && (!log || value > 0);
  place.leaves = (value) => value > high;
  place.ticks = at ?? (log ? decades(low, high) : ticks(low, high, few ? 2 : 4));
  return place;
}

function decades(low, high) {
  const [first, last] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)];
  const every = Math.max(1, Math.ceil((last - first) / 5));
  return Array.from({ length: Math.floor((last - first) / every) + 1 }, (_, i) => 10 ** (first + i * every));
}

function axes({ left, right, top, bottom }, across, up, x, y) {
  const [middle, end] = [{ "text-anchor": "middle" }, { "text-anchor": "end" }];
  return [
    ...up.ticks.flatMap((value) => [ruleFrom(left, up(value), right, up(value)),
      textAt(left - 6, up(value) + 4, (y.format ?? tickText)(value), end)]),
    ...across.ticks.map((value) => textAt(across(value), bottom + 16, tickText(value), middle)),
    textAt((left + right) / 2, bottom + 34, x.label, middle),
    textAt(left, top - 6, y.label),
  ];
}

/** Shapes in the area of the chart; what reaches beyond it is cut off. */
function framed({ left, right, top, bottom }, id, shapes) {
  const area = svg("rect", { x: left - 1, y: top - 1, width: right - left + 2, height: bottom - top + 2 });
  return [svg("clipPath", { id }, area), svg("g", { "clip-path": `url(#${id})` }, ...shapes)];
}

/** The points of a line that can be shown, by their place in it. */
const shownOf = ({ xs, ys }, across, up) => Array.from(xs.keys()).filter((i) => across.shows(xs[i]) && up.shows(ys[i]));

function drawn({ xs, ys, low, high, colour, dash = null, pale = false }, across, up) {
  const shapes = [];
  const shown = shownOf({ xs, ys }, across, up);
  if (low && high && shown.length > 1) {
    const upper = shown.map((i) => `${across(xs[i])},${up(high[i])}`);
    const lower = shown.map((i) => `${across(xs[i])},${up(low[i])}`).reverse();
    shapes.push(svg("polygon", { points: [...upper, ...lower].join(" "), fill: colour, opacity: 0.18 }));
  }
  let path = "";
  let before = -2;
  for (const i of shown) {
    path += `${i === before + 1 ? "L" : "M"}${across(xs[i]).toFixed(1)},${up(ys[i]).toFixed(1)}`;
    before = i;
  }
  shapes.push(svg("path", { d: path, fill: "none", stroke: colour, "stroke-dasharray": dash,
    ...(pale ? { "stroke-width": 1, opacity: 0.4 } : { "stroke-width": 2.2 }) }));
  return shapes;
}

/** The names at the ends of their lines, moved apart where they would lie on one another. */
function names(series, across, up, { right, top, bottom }) {
  const ends = series.flatMap(({ name, colour, xs, ys }) => {
    const last = shownOf({ xs, ys }, across, up).pop();
    if (last === undefined || !name) return [];
    return [{ name: up.leaves(ys[last]) ? name + LEAVES : name, colour, at: Math.max(top, up(ys[last])) }];
  });
  ends.sort((a, b) => a.at - b.at);
  for (let i = 1; i < ends.length; i += 1) ends[i].at = Math.max(ends[i].at, ends[i - 1].at + LINE);
  const excess = ends.length ? Math.max(0, ends.at(-1).at - bottom) : 0;
  return ends.map(({ name, colour, at }) =>
    textAt(right + 5, Math.max(top, at - excess) + 4, name, { ...NAME, style: `fill: ${colour}` }));
}
