// How the duel looks: two squares with the decisions, and the accuracies as curves.

import { lineChart } from "./chart.js";
import { element } from "./dom.js";
import { inColour, PAIR, percent } from "./looks.js";
import { drawRegions } from "./regions.js";

const SHORT = ["no BN", "BN"];
export const NAMED = ["without BN", "with BN"];

/** What an arm reached, in a word or two; nothing where it was not measured yet. */
export function reached(measured) {
  if (!measured) return "";
  const { loss, accuracy } = measured;
  return Number.isFinite(loss) ? percent(accuracy) : "diverged";
}

/** The stage: `paint` draws what an arm decides where, `show` the numbers and the curves. */
export function duelView(steps) {
  const sides = NAMED.map((name, arm) => {
    const title = element("span", { class: "bn-arm", style: inColour(PAIR[arm].colour) }, name.replace("w", "W"));
    const score = element("span", { class: "bn-score" });
    const canvas = element("canvas", { role: "img", class: "bn-regions" });
    const root = element("div", { class: "bn-side" }, element("p", {}, title, score), canvas);
    return { score, canvas, root };
  });
  const chart = lineChart({ title: "right on held-out points", height: 264 });
  const lines = element("div", { class: "bn-lines" }, chart.root);
  const root = element("div", { class: "bn-stage" }, ...sides.map((side) => side.root), lines);

  const paint = (arm, classes, data) => drawRegions(sides[arm].canvas, classes, data);
  const show = ({ width, step, curves, measured }) => {
    sides.forEach(({ score, canvas }, arm) => {
      score.textContent = reached(measured[arm]);
      canvas.setAttribute("aria-label", `Decision regions ${NAMED[arm]}, ${score.textContent} right`);
    });
    if (width === 0) return; // narrow screens have no curves
    const words = NAMED.map((name, arm) => `${name} ${reached(measured[arm])}`).join(", ");
    chart.draw({
      width,
      label: `Accuracy on held-out points after ${step} steps: ${words}`,
      x: { domain: [0, steps], label: "step", at: [0, steps / 2, steps] },
      y: { domain: [0, 1], label: "", format: percent, at: [0, 0.5, 1] },
      series: SHORT.map((name, arm) => ({ name, ...PAIR[arm], xs: curves.xs, ys: curves.ys[arm] })),
    });
  };
  return { root, lines, paint, show };
}
