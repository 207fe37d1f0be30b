// Learning rates by arms as a map; touching a cell shows the curves behind it.

import { lineChart } from "./chart.js";
import { announcer, element, select, svg } from "./dom.js";
import { gridCell, showGrid } from "./grid.js";
import { lookOf, percent } from "./looks.js";
import { traits } from "./model.js";
import { pictureOf, textAt, widthOf } from "./pictures.js";

const [TOP_ROOM, CELL, SMALL] = [20, 44, 26]; // pixels: above the map, of a row, of one of many
const LEAST = 24; // pixels that a cell needs to be touched
const BOLD = { "font-weight": 700 };
const rateText = (lr) => (lr >= 0.001 && lr < 1000 ? String(Number(lr.toPrecision(2))) : lr.toExponential(0).replace("e+", "e")).replace("-", "−");

/** What is shown: arms [A] of a network, learning rates [L], accuracy [A][L], curves [A][L]. */
function render({ model, el }) {
  const { read, write, follow } = traits(model, ["network", "arm", "rate"]);
  const maps = model.get("maps"); // by network: { lrs, arms, accuracy, steps, curves, seeds }
  const stage = element("div");
  const chart = lineChart({ height: 230, title: "" });
  const says = announcer();
  const choice = select({ label: "network", value: read().network, options: Object.keys(maps).map((key) => [key, key]),
    onChange: (network) => write({ network, rate: Math.min(read().rate, maps[network].lrs.length - 1) }) });
  const controls = element("div", { class: "bn-controls" }, choice.root);
  controls.hidden = Object.keys(maps).length < 2;
  el.classList.add("bn-root");
  el.append(controls, stage, says, chart.root);
  return follow(stage, (state, width) => {
    const map = maps[state.network];
    choice.set(state.network);
    const choose = (arm, rate) => write({ arm, rate });
    const [chosen, counts] = [[state.arm, state.rate], [map.arms.length, map.lrs.length]];
    const grid = drawMap(width, map, state, choose);
    if (isTall(width, map.arms, map.lrs)) showGrid(stage, grid, chosen.reverse(), counts.reverse(), (row, column) => choose(column, row));
    else showGrid(stage, grid, chosen, counts, choose);
    drawLosses(chart, width, map, state.rate);
    says.textContent = words(map, state);
  });
}

function drawLosses(chart, width, { arms, curves, start, steps, lrs }, rate) {
  const shown = arms.map((name, a) => ({ name, ...lookOf(name), xs: steps, ys: curves[a][rate].mean, ...curves[a][rate] }));
  const largest = Math.max(...shown.flatMap(({ mean, high }) => [...mean, ...high].filter((v) => v < start * 2)), start);
  const at = `at learning rate ${rateText(lrs[rate])}`;
  chart.draw({ width, series: shown, label: `Training loss against updates ${at}`,
    x: { domain: [0, steps.at(-1)], label: "updates" },
    y: { domain: [0, largest], label: `training loss ${at}` } });
}

function words(map, { rate }) {
  const each = map.arms.map((name, a) => `${percent(map.accuracy[a][rate])} with ${name}`);
  const lost = map.arms
    .map((name, a) => [name, map.curves[a][rate].diverged])
    .filter(([, count]) => count > 0)
    .map(([name, count]) => ` ${count} of ${map.seeds} networks with ${name} diverged.`);
  return `Learning rate ${rateText(map.lrs[rate])}: validation accuracy ${each.join(", ")} ` +
    `(mean of ${map.seeds} seeds).${lost.join("")}`;
}

/** A shade from the ground towards the ink, on which numbers in ink can be read in both themes. */
const shade = (share) => `color-mix(in srgb, var(--bn-ink) ${(3 + 37 * share).toFixed(0)}%, var(--bn-ground))`;

const isTall = (width, arms, lrs) =>
  (width - 10 - Math.max(...arms.map((name) => widthOf(document.body, name, BOLD)))) / lrs.length < LEAST;

/**
 * A row for each arm and a column for each rate; on a narrow screen the other way round, so that
 * each cell is large enough for a finger.
 */
function drawMap(width, { arms, lrs, accuracy }, { arm, rate }, choose) {
  const tall = isTall(width, arms, lrs);
  const stub = 10 + Math.max(...(tall ? ["learning rate"] : arms).map((name) => widthOf(document.body, name, BOLD)));
  const [rows, columns] = tall ? [lrs, arms] : [arms, lrs];
  const [step, high] = [(width - stub) / columns.length, tall ? SMALL : CELL];
  const bottom = TOP_ROOM + rows.length * high;
  const picture = pictureOf(width, bottom + (tall ? 4 : 44), { role: "grid", tabindex: 0,
    "aria-label": "Validation accuracy for each arm and learning rate. Arrow keys choose a cell." });
  const text = (x, y, content, anchor, extra = {}) =>
    picture.append(textAt(x, y, content, { "text-anchor": anchor, "aria-hidden": "true", ...extra }));
  const name = (a) => ({ "font-weight": 700, style: `fill: ${lookOf(arms[a]).colour}` });
  rows.forEach((value, r) => {
    const top = TOP_ROOM + r * high;
    text(stub - 8, top + 0.5 * high + 4, tall ? rateText(value) : value, "end", tall ? {} : name(r));
    picture.append(svg("g", { role: "row" }, ...columns.map((_, c) => {
      const [a, l] = tall ? [c, r] : [r, c];
      const chosen = a === arm && l === rate;
      return gridCell(`${arms[a]}, learning rate ${rateText(lrs[l])}: ${percent(accuracy[a][l])}`, chosen, () => choose(a, l),
        ...mapCell(stub + c * step, top, step, high, accuracy[a][l], l === rate ? (chosen ? 4 : 1.5) : 0));
    })));
  });
  if (tall) {
    arms.forEach((words, a) => text(stub + (a + 0.5) * step, 13, words, "middle", name(a)));
    text(0, 13, "learning rate", "start");
    return picture;
  }
  const every = Math.ceil(44 / step);
  lrs.forEach((lr, l) => l % every === 0 && text(stub + (l + 0.5) * step, bottom + 18, rateText(lr), "middle"));
  text(stub + (width - stub) / 2, bottom + 38, "learning rate", "middle");
  text(stub, 13, "validation accuracy, %", "start");
  return picture;
}

/** The parts of a cell with its corner at `left` and `top`; a `frame` has a width in pixels, 0 where there is none. */
function mapCell(left, top, step, high, share, frame) {
  const box = (attributes) => svg("rect", { x: left + 1, y: top + 1, width: step - 2, height: high - 2, rx: 3, ...attributes });
  const number = textAt(left + step / 2, top + high / 2 + 4, String(Math.round(100 * share)), { "text-anchor": "middle" });
  return [box({ fill: shade(share) }), number, box({ fill: "none", stroke: frame ? "var(--bn-with)" : "none", "stroke-width": frame })];
}

export default { render };
