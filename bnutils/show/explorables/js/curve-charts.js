// Charts of the curves of two networks that train side by side.

import { lossText } from "./arm.js";
import { lineChart } from "./chart.js";
import { PAIR, percent } from "./looks.js";

const OLD = 0.7; // of a smoothed value, the share of the one before it
const BEYOND = 20; // losses from which on a curve may leave its chart

/** Two charts; `draw` takes curves and the last step. */
export function curveCharts(titles) {
  const [loss, accuracy] = ["loss", "accuracy"].map((kind) => lineChart({ title: `${kind} on held-out data`, height: 200 }));
  const draw = (curves, step) => {
    const { width } = loss.root.getBoundingClientRect();
    if (width === 0) return;
    const x = { domain: [0, Math.max(20, step)], label: "step", few: true };
    const mean = curves.loss.map(smoothed);
    const largest = Math.max(1, ...mean.flat().filter((value) => value < BEYOND));
    const lines = (kind) => titles.map((name, arm) => ({ name, ...PAIR[arm], xs: curves.steps, ys: kind[arm] }));
    const pale = lines(curves.loss).map((line) => ({ ...line, name: "", dash: null, pale: true }));
    const words = (kind, format) => titles.map((name, arm) => `${name}: ${format(curves[kind][arm].at(-1))}`).join(", ");
    loss.draw({ width, x, y: { domain: [0, 1.05 * largest], label: "" }, series: [...pale, ...lines(mean)],
      label: `Loss on held-out data, smoothed, with single values behind. ${words("loss", lossText)}` });
    accuracy.draw({ width, x, y: { domain: [0, 1], label: "", format: percent, at: [0, 0.5, 1] }, series: lines(curves.accuracy),
      label: `Accuracy on held-out data. ${words("accuracy", percent)}` });
  };
  return { roots: [loss.root, accuracy.root], draw };
}

/** A running mean of values in which the last count most; what is not finite starts it anew. */
function smoothed(values) {
  let mean = NaN;
  return values.map((value) => (mean = Number.isFinite(mean) ? OLD * mean + (1 - OLD) * value : value));
}
