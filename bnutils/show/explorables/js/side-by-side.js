// The picture of two networks side by side: a panel for each, and their curves.

import { armPanel } from "./arm.js";
import { curveCharts } from "./curve-charts.js";
import { element, onWidth } from "./dom.js";
import { PAIR } from "./looks.js";
import { pointer } from "./pointer.js";

const TITLES = ["Without BN", "With BN"];

/** Elements, `watch` for their widths, and `show` that draws a report of a training on `data`. */
export function sideBySide() {
  const panels = TITLES.map((title, arm) => armPanel(title, PAIR[arm].colour));
  const charts = curveCharts(TITLES);
  const pointed = pointer(panels.map(({ canvas }) => canvas));
  const sides = element("div", { class: "bn-sides bn-arms" }, ...panels.map(({ root }) => root), pointed.root);
  const lines = element("div", { class: "bn-sides bn-curves" }, ...charts.roots);
  let last = null;

  function show(report = last?.report, { data, held } = last?.parts ?? {}) {
    if (!report) return;
    last = { report, parts: { data, held } };
    const width = panels[0].root.clientWidth;
    if (width === 0) return;
    panels.forEach((panel, arm) =>
      panel.show({ width, data, held, seen: report.arms[arm], measured: report.measured[arm] }));
    charts.draw(report.curves, report.step);
    pointed.show(report.arms, { data, held });
  }

  const watch = () => [panels[0].root, lines].map((node) => onWidth(node, () => show()));
  return { roots: [sides, lines], watch, show };
}
