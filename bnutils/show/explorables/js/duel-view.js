// How the duel looks: two squares with the decisions, and the accuracies as curves.

import { lineChart } from "./chart.js";
import { element, onWidth } from "./dom.js";
import { inColour, PAIR, percent } from "./looks.js";
import { regionPainter } from "./regions.js";

const SHORT = ["no BN", "BN"];
export const NAMED = ["without BN", "with BN"];

/** What an arm reached, in a word or two; nothing where it was not measured yet. */
export function reached(measured) {
  if (!measured) return "";
  const { loss, accuracy } = measured;
  return Number.isFinite(loss) ? percent(accuracy) : "diverged";
}

const [CLEAR, LEARNED, FAILED] = [0.15, 0.9, 0.7]; // of accuracies

/** What a reader has seen, in a sentence. */
export function seenWords(measured, label) {
  const [without, other] = measured.map(({ accuracy }) => accuracy);
  if (other - without > CLEAR) return without < FAILED
    ? "Same weights, same batches: here only the network with batch normalization learns."
    : "Same weights, same batches: the network with batch normalization is ahead.";
  if (without - other > CLEAR) return "Same weights, same batches: here batch normalization loses.";
  if (Math.min(without, other) >= LEARNED) return `Both learn: change the ${label}.`;
  return Math.max(without, other) < FAILED ? "Here both fail." : "No large difference here.";
}

/** The stage: `show` draws a report, and `watch` does so again when the width changes. */
export function duelView(steps) {
  const sides = NAMED.map((name, arm) => {
    const title = element("span", { class: "bn-arm", style: inColour(PAIR[arm].colour) }, name.replace("w", "W"));
    const score = element("span", { class: "bn-score" });
    const canvas = element("canvas", { role: "img", "aria-label": `Decision regions ${name}`, class: "bn-regions" });
    const root = element("div", { class: "bn-side" }, element("p", {}, title, score), canvas);
    return { score, canvas, root, paint: regionPainter(canvas) };
  });
  const chart = lineChart({ title: "right on held-out points", height: 264 });
  const lines = element("div", { class: "bn-lines" }, chart.root);
  const root = element("div", { class: "bn-stage" }, ...sides.map((side) => side.root), lines);
  let [width, last] = [0, null];

  const show = (report, data) => {
    const { measured, arms } = report;
    sides.forEach(({ score, canvas, paint }, arm) => {
      score.textContent = reached(measured[arm]);
      canvas.setAttribute("aria-label", `Decision regions ${NAMED[arm]}, ${score.textContent} right`);
      paint(arms[arm], data);
    });
    drawLines((last = report));
  };
  const drawLines = (report) => {
    if (width === 0 || !report) return; // narrow screens have no curves
    const { measured, curves, step } = report;
    const words = NAMED.map((name, arm) => `${name} ${reached(measured[arm])}`).join(", ");
    chart.draw({
      width,
      label: `Accuracy on held-out points after ${step} steps: ${words}`,
      x: { domain: [0, steps], label: "step", at: [0, steps / 2, steps] },
      y: { domain: [0, 1], label: "", format: percent, at: [0, 0.5, 1] },
      series: SHORT.map((name, arm) => ({ name, ...PAIR[arm], xs: curves.steps, ys: curves.accuracy[arm] })),
    });
  };
  const watch = () => onWidth(lines, (pixels) => {
    width = pixels;
    drawLines(last);
  });
  return { root, watch, show };
}
