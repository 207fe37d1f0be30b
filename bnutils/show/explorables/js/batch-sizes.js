// Accuracy against batch size: choose the arms, the statistics used in evaluation, and a size.

import { lineChart } from "./chart.js";
import { announcer, element, fixed, select, slider, svg, toggle } from "./dom.js";
import { lookOf } from "./looks.js";
import { traits } from "./model.js";
import { pictureOf, ruleFrom, textAt, widthOf } from "./pictures.js";
import { linearScale, tickText, ticks } from "./scales.js";

const ROW = 30; // pixels for the seeds of an arm

/** Results of an arm: by its evaluation where it has several, else the only one there is. */
const chosenResults = (arm, evaluation) => arm[evaluation] ?? Object.values(arm)[0];

function render({ model, el }) {
  const { read, write, follow } = traits(model, ["size", "arms", "evaluation"]);
  const { sizes, results } = model.get("data"); // results: arm, evaluation, { mean, low, high, seeds }
  const evaluations = [...new Set(Object.values(results).flatMap((arm) => Object.keys(arm)))];
  const stage = element("div");
  const chart = lineChart({ height: 250 });
  const says = announcer();
  const size = slider({ label: "batch size", min: 0, max: sizes.length - 1, step: 1, value: read().size,
    format: (at) => String(sizes[at]), onInput: (at) => write({ size: at }) });
  const evaluation = select({ label: "BN evaluated by", value: read().evaluation,
    options: evaluations.filter((name) => name !== "itself").map((name) => [name, name]), onChange: (name) => write({ evaluation: name }) });
  const boxes = Object.keys(results).map((arm) => [arm, toggle({ label: arm, value: read().arms.includes(arm),
    onChange: (on) => write({ arms: Object.keys(results).filter((name) => (name === arm ? on : read().arms.includes(name))) }) })]);
  el.classList.add("bn-root");
  el.append(element("div", { class: "bn-controls", role: "group", "aria-label": "Arms" }, ...boxes.map(([, { root }]) => root)),
    element("div", { class: "bn-controls" }, evaluation.root, size.root), chart.root, stage, says);
  return follow(stage, (state, width) => {
    size.set(state.size);
    evaluation.set(state.evaluation);
    for (const [arm, box] of boxes) box.set(state.arms.includes(arm));
    says.textContent = words(sizes, results, state);
    drawCurves(chart, width, sizes, results, state);
    stage.replaceChildren(drawSeeds(width, sizes, results, state));
  });
}

function drawCurves(chart, width, sizes, results, { arms, evaluation, size }) {
  const shown = arms.map((arm) => [arm, chosenResults(results[arm], evaluation)]);
  const lowest = Math.min(90, ...shown.flatMap(([, { low }]) => low));
  chart.draw({
    width,
    x: { domain: [sizes[0], sizes.at(-1)], log: true, label: "batch size", at: sizes },
    y: { domain: [Math.max(0, Math.floor(lowest / 10) * 10), 100], label: "test accuracy, %" },
    series: shown.map(([arm, { mean, low, high }]) => ({ name: arm, ...lookOf(arm), xs: sizes, ys: mean, low, high })),
    mark: sizes[size],
    label: `Test accuracy against batch size for ${arms.join(", ") || "no arm"}`,
  });
}

/** The single seeds at the chosen size, a row for each arm. */
function drawSeeds(width, sizes, results, { arms, evaluation, size }) {
  const rows = arms.map((arm) => [arm, chosenResults(results[arm], evaluation).seeds[size]]);
  const values = rows.flatMap(([, seeds]) => seeds);
  const [low, high] = values.length ? [Math.min(...values) - 1, Math.max(...values) + 1] : [0, 100];
  const bold = { "font-weight": 600 };
  const stub = 10 + Math.max(0, ...arms.map((arm) => widthOf(document.body, arm, bold))); // for the names
  const across = linearScale([low, high], [stub + 8, width - 14]);
  const height = 44 + rows.length * ROW;
  const picture = pictureOf(width, height, { role: "img", "aria-label": `Each seed at batch size ${sizes[size]}` },
    textAt(0, 14, `each seed at batch size ${sizes[size]}`, { "font-size": 13, "font-weight": 600 }));
  for (const value of values.length ? ticks(low, high, 4) : [])
    picture.append(ruleFrom(across(value), 24, across(value), height - 18),
      textAt(across(value), height - 4, `${tickText(value)} %`, { "text-anchor": "middle" }));
  rows.forEach(([arm, seeds], row) => {
    const y = 24 + (row + 0.5) * ROW;
    const { colour } = lookOf(arm);
    picture.append(textAt(stub, y + 4, arm, { ...bold, "text-anchor": "end", style: `fill: ${colour}` }),
      ruleFrom(stub + 8, y, width - 14, y),
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
