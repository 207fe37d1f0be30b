// Accuracy against batch size: choose the arms, the statistics used in evaluation, and a size.

import { lineChart } from "./chart.js";
import { announcer, element, fixed, onWidth, select, slider, svg, toggle } from "./dom.js";
import { linearScale, tickText, ticks } from "./scales.js";

const LOOKS = {
  BN: { colour: "var(--bn-with)", dash: null },
  LayerNorm: { colour: "var(--bn-third)", dash: "2 3" },
  GroupNorm: { colour: "var(--bn-fourth)", dash: "9 4" },
};
const OTHER = { colour: "var(--bn-without)", dash: "6 4" };
const NAMES = ["size", "arms", "evaluation"];
const ROW = 30; // pixels for the seeds of an arm

/** Results of an arm: by its evaluation where it has several, else the only one there is. */
const chosenResults = (arm, evaluation) => arm[evaluation] ?? Object.values(arm)[0];

function render({ model, el }) {
  const read = () => Object.fromEntries(NAMES.map((name) => [name, model.get(name)]));
  const write = (name, value) => {
    model.set(name, value);
    model.save_changes();
  };
  const { sizes, results } = model.get("data"); // results: arm, evaluation, { mean, low, high, seeds }
  const evaluations = [...new Set(Object.values(results).flatMap((arm) => Object.keys(arm)))];
  const stage = element("div");
  const chart = lineChart({ height: 250 });
  const says = announcer();
  const size = slider({ label: "batch size", min: 0, max: sizes.length - 1, step: 1, value: read().size,
    format: (at) => String(sizes[at]), onInput: (at) => write("size", at) });
  const evaluation = select({ label: "BN evaluated by", value: read().evaluation,
    options: evaluations.filter((name) => name !== "itself").map((name) => [name, name]), onChange: (name) => write("evaluation", name) });
  const boxes = Object.keys(results).map((arm) => [arm, toggle({ label: arm, value: read().arms.includes(arm),
    onChange: (on) => write("arms", Object.keys(results).filter((name) => (name === arm ? on : read().arms.includes(name)))) })]);
  let width = 0;
  const show = () => {
    const state = read();
    size.set(state.size);
    evaluation.set(state.evaluation);
    for (const [arm, box] of boxes) box.set(state.arms.includes(arm));
    says.textContent = words(sizes, results, state);
    if (width === 0) return;
    drawCurves(chart, width, sizes, results, state);
    stage.replaceChildren(drawSeeds(width, sizes, results, state));
  };
  el.classList.add("bn-root");
  el.append(element("div", { class: "bn-controls", role: "group", "aria-label": "Arms" }, ...boxes.map(([, { root }]) => root)),
    element("div", { class: "bn-controls" }, evaluation.root, size.root), chart.root, stage, says);
  for (const name of NAMES) model.on(`change:${name}`, show);
  const unwatch = onWidth(stage, (pixels) => {
    width = pixels;
    show();
  });
  return () => {
    unwatch();
    for (const name of NAMES) model.off(`change:${name}`, show);
  };
}

function drawCurves(chart, width, sizes, results, { arms, evaluation, size }) {
  const shown = arms.map((arm) => [arm, chosenResults(results[arm], evaluation)]);
  const lowest = Math.min(90, ...shown.flatMap(([, { low }]) => low));
  chart.draw({
    width,
    x: { domain: [sizes[0], sizes.at(-1)], log: true, label: "batch size", at: sizes },
    y: { domain: [Math.max(0, Math.floor(lowest / 10) * 10), 100], label: "test accuracy, %" },
    series: shown.map(([arm, { mean, low, high }]) => ({ name: arm, ...(LOOKS[arm] ?? OTHER), xs: sizes, ys: mean, low, high })),
    mark: sizes[size],
    label: `Test accuracy against batch size for ${arms.join(", ") || "no arm"}`,
  });
}

/** The single seeds at the chosen size, a row for each arm. */
function drawSeeds(width, sizes, results, { arms, evaluation, size }) {
  const rows = arms.map((arm) => [arm, chosenResults(results[arm], evaluation).seeds[size]]);
  const values = rows.flatMap(([, seeds]) => seeds);
  const [low, high] = values.length ? [Math.min(...values) - 1, Math.max(...values) + 1] : [0, 100];
  const across = linearScale([low, high], [96, width - 14]);
  const height = 44 + rows.length * ROW;
  const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, height, role: "img",
    "aria-label": `Each seed at batch size ${sizes[size]}` });
  picture.append(svg("text", { x: 0, y: 14, "font-size": 13, "font-weight": 600 }, `each seed at batch size ${sizes[size]}`));
  for (const value of values.length ? ticks(low, high, 4) : [])
    picture.append(
      svg("line", { x1: across(value), x2: across(value), y1: 24, y2: height - 18, stroke: "var(--bn-line)" }),
      svg("text", { x: across(value), y: height - 4, "font-size": 12, "text-anchor": "middle" }, `${tickText(value)} %`));
  rows.forEach(([arm, seeds], row) => {
    const y = 24 + (row + 0.5) * ROW;
    const { colour } = LOOKS[arm] ?? OTHER;
    picture.append(svg("text", { x: 88, y: y + 4, "font-size": 12, "font-weight": 600, "text-anchor": "end", style: `fill: ${colour}` }, arm),
      svg("line", { x1: 96, x2: width - 14, y1: y, y2: y, stroke: "var(--bn-line)" }),
      ...seeds.map((seed) => svg("circle", { cx: across(seed), cy: y, r: 6, fill: colour, opacity: 0.75 })));
  });
  return picture;
}

function words(sizes, results, { arms, evaluation, size }) {
  if (arms.length === 0) return "Choose an arm.";
  const each = arms.map((arm) => {
    const { mean, low, high } = chosenResults(results[arm], evaluation);
    return `${arm} ${fixed(mean[size], 1)} % (${fixed(low[size], 1)} to ${fixed(high[size], 1)})`;
  });
  return `Batch size ${sizes[size]}, mean and 95 % interval: ${each.join("; ")}.`;
}

export default { render };
