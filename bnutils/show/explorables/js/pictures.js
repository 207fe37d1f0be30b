// Parts of pictures that are drawn in real pixels.

import { svg } from "./dom.js";

/** A picture; its attributes say what it is to those who cannot see it. */
export const pictureOf = (width, height, attributes, ...parts) =>
  svg("svg", { viewBox: `0 0 ${width} ${height}`, height, ...attributes }, ...parts);

export const textAt = (x, y, words, attributes = {}) => svg("text", { x, y, "font-size": 12, ...attributes }, words);

/** A thin line. */
export const ruleFrom = (x1, y1, x2, y2) => svg("line", { x1, y1, x2, y2, stroke: "var(--bn-line)" });

const LETTER = 0.66; // of the size of the font, where nothing can be measured
const measured = new Map();

/** The width in pixels of words in the font of the page at `place`, an element that stands in it. */
export function widthOf(place, words, attributes = {}) {
  const key = JSON.stringify([words, attributes]);
  if (measured.has(key)) return measured.get(key);
  const text = textAt(0, 0, words, attributes);
  const ground = svg("svg", { width: 0, height: 0, style: "position: absolute; visibility: hidden" }, text);
  (place.parentNode ?? place).append(ground);
  const width = text.getComputedTextLength();
  ground.remove();
  if (width > 0) measured.set(key, width);
  return width || words.length * LETTER * (attributes["font-size"] ?? 12);
}
