// Learning rates by arms as a map; touching a cell shows the curves behind it.

import { lineChart } from "./chart.js";
import { announcer, element, select, svg } from "./dom.js";
import { gridCell, showGrid } from "./grid.js";
import { lookOf, percent } from "./looks.js";
import { traits } from "./model.js";
import { pictureOf, textAt } from "./pictures.js";

const [LETTER_WIDE, TOP_ROOM, CELL] = [8, 20, 44]; // pixels: of a name, above the map, of a row
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
    showGrid(stage, drawMap(width, map, state, choose), [state.arm, state.rate], [map.arms.length, map.lrs.length], choose);
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

function drawMap(width, { arms, lrs, accuracy }, { arm, rate }, choose) {
  const stub = 10 + LETTER_WIDE * Math.max(...arms.map((name) => name.length)); // pixels for the names
  const step = (width - stub) / lrs.length;
  const bottom = TOP_ROOM + arms.length * CELL;
  const picture = pictureOf(width, bottom + 44, { role: "grid", tabindex: 0, "data-chosen": `${arm},${rate}`,
    "aria-label": "Validation accuracy: a row for each arm, a column for each learning rate. Arrow keys choose a cell." });
  const text = (x, y, content, anchor, extra = {}) =>
    picture.append(textAt(x, y, content, { "text-anchor": anchor, "aria-hidden": "true", ...extra }));
  arms.forEach((name, a) => {
    const top = TOP_ROOM + a * CELL;
    text(stub - 8, top + 0.5 * CELL + 4, name, "end", { "font-weight": 700, style: `fill: ${lookOf(name).colour}` });
    picture.append(svg("g", { role: "row" }, ...lrs.map((lr, l) => {
      const chosen = a === arm && l === rate;
      return gridCell(`${name}, learning rate ${rateText(lr)}: ${percent(accuracy[a][l])}`, chosen, () => choose(a, l),
        ...mapCell(stub + l * step, top, step, accuracy[a][l], l === rate ? (chosen ? 4 : 1.5) : 0));
    })));
  });
  const every = Math.ceil(44 / step);
  lrs.forEach((lr, l) => l % every === 0 && text(stub + (l + 0.5) * step, bottom + 18, rateText(lr), "middle"));
  text(stub + (width - stub) / 2, bottom + 38, "learning rate", "middle");
  text(stub, 13, "validation accuracy, %", "start");
  return picture;
}

/** The parts of a cell with its corner at `left` and `top`; a `frame` has a width in pixels. */
function mapCell(left, top, step, share, frame) {
  const box = (attributes) => svg("rect", { x: left + 1, y: top + 1, width: step - 2, height: CELL - 2, rx: 3, ...attributes });
  const number = () => textAt(left + step / 2, top + CELL / 2 + 4, String(Math.round(100 * share)), { "text-anchor": "middle" });
  return [box({ fill: shade(share) }), ...(step >= 19 ? [number()] : []),
    ...(frame ? [box({ fill: "none", stroke: "var(--bn-with)", "stroke-width": frame })] : [])];
}

export default { render };
