// Curves of loss and accuracy of two networks that train side by side.

import { lossText } from "./arm.js";
import { lineChart } from "./chart.js";
import { PAIR, percent } from "./looks.js";

const KEPT = 300; // points of a curve
const even = (_, index) => index % 2 === 1;

/** What was measured of both, every few steps; half of it is dropped when it grows long. */
export class Curves {
  steps = [];
  every = 5;
  loss = [[], []];
  accuracy = [[], []];

  /** Whether a measurement is due at a step. */
  due(step) {
    return step % this.every === 0;
  }

  add(step, measured) {
    this.steps.push(step);
    measured.forEach(({ loss, accuracy }, arm) => {
      this.loss[arm].push(loss);
      this.accuracy[arm].push(accuracy);
    });
    if (this.steps.length <= KEPT) return;
    this.every *= 2;
    this.steps = this.steps.filter(even);
    for (const kind of [this.loss, this.accuracy])
      kind.forEach((values, arm) => (kind[arm] = values.filter(even)));
  }
}

/** Two charts; `draw` takes curves, a width in pixels, and the last step. */
export function curveCharts(titles) {
  const [loss, accuracy] = ["loss", "accuracy"].map((kind) => lineChart({ title: `${kind} on held-out data` }));
  const draw = (curves, width, step) => {
    const x = { domain: [0, Math.max(20, step)], label: "step" };
    const largest = Math.max(1, ...curves.loss.flat().filter((value) => value < 20));
    const series = (kind) => titles.map((name, arm) => ({ name, ...PAIR[arm], xs: curves.steps, ys: curves[kind][arm] }));
    const words = (kind, format) => curves.steps.length
      ? titles.map((name, arm) => `${name}: ${format(curves[kind][arm].at(-1))}`).join(", ")
      : "no step yet";
    loss.draw({ width, x, y: { domain: [0, largest], label: "" }, series: series("loss"),
      label: `Loss on held-out data. ${words("loss", lossText)}` });
    accuracy.draw({ width, x, y: { domain: [0, 1], label: "", format: percent }, series: series("accuracy"),
      label: `Accuracy on held-out data. ${words("accuracy", percent)}` });
  };
  return { roots: [loss.root, accuracy.root], draw };
}
