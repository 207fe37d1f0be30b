// Learning rates by arms as a map; touching a cell shows the curves behind it.

import { lineChart } from "./chart.js";
import { announcer, element, onWidth, select, setAttributes, svg } from "./dom.js";

const [LETTER_WIDE, TOP_ROOM, CELL] = [8, 20, 44]; // pixels: of a name, above the map, of a row
const DASHES = { BN: null };
const COLOURS = { BN: "var(--bn-with)" };
const percent = (share) => `${(100 * share).toFixed(0)} %`;
const rateText = (lr) => (lr >= 0.001 && lr < 1000 ? String(Number(lr.toPrecision(2))) : lr.toExponential(0).replace("e+", "e")).replace("-", "−");

/** What is shown: arms [A] of a network, learning rates [L], accuracy [A][L], curves [A][L]. */
function render({ model, el }) {
  const names = ["network", "arm", "rate"];
  const read = () => Object.fromEntries(names.map((name) => [name, model.get(name)]));
  const write = (values) => {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    model.save_changes();
  };
  const maps = model.get("maps"); // by network: { lrs, arms, accuracy, steps, curves, seeds }
  const stage = element("div");
  const chart = lineChart({ height: 230, title: "" });
  const says = announcer();
  const choice = select({ label: "network", value: read().network, options: Object.keys(maps).map((key) => [key, key]),
    onChange: (network) => write({ network, rate: Math.min(read().rate, maps[network].lrs.length - 1) }) });
  const controls = element("div", { class: "bn-controls" }, choice.root);
  controls.hidden = Object.keys(maps).length < 2;
  let width = 0;
  const show = () => {
    const state = read();
    const map = maps[state.network];
    choice.set(state.network);
    if (width === 0) return;
    const focused = stage.contains(document.activeElement);
    const grid = drawMap(width, map, state, write);
    stage.replaceChildren(grid);
    if (focused) grid.focus();
    const shown = map.arms.map((arm, a) => ({ arm, curve: map.curves[a][state.rate] }));
    const largest = Math.max(...shown.flatMap(({ curve }) => [...curve.mean, ...curve.high].filter((v) => v < map.start * 2)), map.start);
    chart.draw({
      width,
      x: { domain: [0, map.steps.at(-1)], label: "updates" },
      y: { domain: [0, largest], label: `training loss at learning rate ${rateText(map.lrs[state.rate])}` },
      series: shown.map(({ arm, curve }) => ({ name: arm, colour: COLOURS[arm] ?? "var(--bn-without)",
        dash: arm in DASHES ? null : "6 4", xs: map.steps, ys: curve.mean, low: curve.low, high: curve.high })),
      label: `Training loss against updates at learning rate ${rateText(map.lrs[state.rate])}`,
    });
    says.textContent = words(map, state);
  };
  el.classList.add("bn-root");
  el.append(controls, stage, says, chart.root);
  for (const name of names) model.on(`change:${name}`, show);
  const unwatch = onWidth(stage, (pixels) => {
    width = pixels;
    show();
  });
  return () => {
    unwatch();
    for (const name of names) model.off(`change:${name}`, show);
  };
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

function drawMap(width, { arms, lrs, accuracy }, { arm, rate }, write) {
  const stub = 10 + LETTER_WIDE * Math.max(...arms.map((name) => name.length)); // pixels for the names
  const step = (width - stub) / lrs.length;
  const height = TOP_ROOM + arms.length * CELL + 44;
  const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, height, role: "grid", tabindex: 0,
    "aria-label": "Validation accuracy: a row for each arm, a column for each learning rate. Arrow keys choose a cell." });
  const text = (x, y, content, anchor, extra = {}) =>
    svg("text", { x, y, "font-size": 12, "text-anchor": anchor, "aria-hidden": "true", ...extra }, content);
  arms.forEach((name, a) => {
    picture.append(text(stub - 8, TOP_ROOM + (a + 0.5) * CELL + 4, name, "end", { "font-weight": 700,
      style: `fill: ${COLOURS[name] ?? "var(--bn-without)"}` }));
    const row = svg("g", { role: "row" });
    lrs.forEach((lr, l) => {
      const share = accuracy[a][l];
      const chosen = a === arm && l === rate;
      const [x, y] = [stub + l * step, TOP_ROOM + a * CELL];
      const cell = svg("g", { role: "gridcell", style: "cursor: pointer", "aria-selected": String(chosen),
        "aria-label": `${name}, learning rate ${rateText(lr)}: ${percent(share)}` },
        svg("rect", { x: x + 1, y: y + 1, width: step - 2, height: CELL - 2, rx: 3, fill: shade(share) }));
      if (step >= 19)
        cell.append(svg("text", { x: x + step / 2, y: y + CELL / 2 + 4, "font-size": 12, "text-anchor": "middle", }, String(Math.round(100 * share))));
      if (l === rate)
        cell.append(svg("rect", { x: x + 1, y: y + 1, width: step - 2, height: CELL - 2, rx: 3, fill: "none",
          stroke: "var(--bn-with)", "stroke-width": chosen ? 4 : 1.5 }));
      cell.addEventListener("click", () => write({ arm: a, rate: l }));
      row.append(cell);
    });
    picture.append(row);
  });
  const every = Math.ceil(44 / step);
  lrs.forEach((lr, l) => l % every === 0 && picture.append(
    text(stub + (l + 0.5) * step, TOP_ROOM + arms.length * CELL + 18, rateText(lr), "middle")));
  picture.append(text(stub + (width - stub) / 2, height - 6, "learning rate", "middle"),
    text(stub, 13, "validation accuracy, %", "start"));
  picture.addEventListener("keydown", (event) => {
    const move = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (!move) return;
    event.preventDefault();
    const kept = (value, count) => Math.min(count - 1, Math.max(0, value));
    write({ arm: kept(arm + move[0], arms.length), rate: kept(rate + move[1], lrs.length) });
  });
  setAttributes(picture, { "data-chosen": `${arm},${rate}` });
  return picture;
}

export default { render };
