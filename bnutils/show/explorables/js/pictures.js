// Parts of pictures that are drawn in real pixels.

import { svg } from "./dom.js";

/** A picture; its attributes say what it is to those who cannot see it. */
export const pictureOf = (width, height, attributes, ...parts) =>
  svg("svg", { viewBox: `0 0 ${width} ${height}`, height, ...attributes }, ...parts);

export const textAt = (x, y, words, attributes = {}) => svg("text", { x, y, "font-size": 12, ...attributes }, words);

/** A thin line. */
export const ruleFrom = (x1, y1, x2, y2) => svg("line", { x1, y1, x2, y2, stroke: "var(--bn-line)" });
