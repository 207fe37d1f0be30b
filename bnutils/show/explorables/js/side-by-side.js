// The picture of two networks side by side: a panel for each, and their curves.

import { armPanel } from "./arm.js";
import { curveCharts } from "./curves.js";
import { element, onWidth } from "./dom.js";
import { PAIR } from "./looks.js";

const TITLES = ["Without BN", "With BN"];
const WIDE = 560; // pixels, from which on the charts stand side by side

/** Elements, `watch` that calls when their width changes, and `picture` that draws in parts. */
export function sideBySide() {
  const panels = TITLES.map((title, arm) => armPanel(title, PAIR[arm].colour));
  const charts = curveCharts(TITLES);
  const [sides, lines] = [panels.map(({ root }) => root), charts.roots].map((roots) =>
    element("div", { class: "bn-sides" }, ...roots));
  let widths = { panel: 0, chart: 0 };

  const watch = (changed) => onWidth(panels[0].root, (width) => {
    widths = { panel: width, chart: lines.clientWidth > WIDE ? width : lines.clientWidth };
    changed();
  });

  /** No part takes long; at its end what was measured of both, `training` tells in which mode. */
  function* picture({ trainer, curves, training, points }) {
    const measured = [];
    for (const [arm, panel] of panels.entries()) {
      measured.push(trainer.measureArm(arm, training));
      if (widths.panel === 0) continue;
      yield;
      const flat = trainer.data.features === 2;
      const regions = flat ? trainer.regionRows(arm, points, [0, points], training) : null;
      yield;
      panel.show({ width: widths.panel, trainer, arm, regions, measured: measured[arm], training });
      yield;
    }
    if (widths.panel > 0) charts.draw(curves, widths.chart, trainer.step);
    return measured;
  }

  return { roots: [sides, lines], watch, picture };
}
