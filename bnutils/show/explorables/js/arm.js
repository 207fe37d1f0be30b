// How one network of the playground is shown: what it decides, what flows forward and back.

import { element, setAttributes, svg } from "./dom.js";
import { winners } from "./cross-entropy.js";
import { inColour, percent } from "./looks.js";
import { textAt } from "./pictures.js";
import { regionPainter } from "./regions.js";
import { stairs } from "./stairs.js";
import { SPAN } from "./trainer.js";

const DIGIT = 8; // pixels a side
const ROW = 25; // pixels of a layer

/** The panel of an arm: `show` draws what was reported, in a width in pixels. */
export function armPanel(title, colour) {
  const words = title.replace("W", "w");
  const score = element("p", { class: "bn-score" });
  const canvas = element("canvas", { role: "img", "aria-label": `What the network ${words} decides`, class: "bn-regions" });
  const paint = regionPainter(canvas);
  const inside = svg("svg", { role: "img", "aria-label": `Layers of the network ${words}` });
  const heading = element("p", { class: "bn-arm", style: inColour(colour) }, title);
  const root = element("div", { class: "bn-panel" }, heading, score, canvas, inside);
  const show = ({ width, data, held, seen, measured }) => {
    score.textContent = `${percent(measured.accuracy)} right, loss ${lossText(measured.loss)}`;
    const { features, classes } = data;
    if (features === 2) paint(seen, data);
    else drawDigits(canvas, seen, held, classes);
    canvas.setAttribute("aria-label", features === 2
      ? `Decision regions of the network ${words} among ${classes} classes`
      : `Digits and what the network ${words} takes them for`);
    drawInside(inside, width, seen.layers, colour, words);
  };
  return { root, canvas, show };
}

export function lossText(loss) {
  return Number.isFinite(loss) ? (loss >= 100 ? loss.toExponential(0) : loss.toFixed(2)) : "not finite";
}

/** The first images of the validation part with the answers; a wrong one is framed and crossed. */
function drawDigits(canvas, { shares }, held, classes) {
  const [columns, cell] = [6, 48];
  canvas.width = canvas.height = columns * cell;
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#ffffff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  winners(shares, columns * columns, classes).forEach((answer, i) => {
    const [left, top] = [(i % columns) * cell, Math.floor(i / columns) * cell];
    for (let p = 0; p < DIGIT * DIGIT; p += 1) {
      const shade = Math.round(255 - 230 * held.pixels[i * DIGIT * DIGIT + p]);
      pen.fillStyle = `rgb(${shade} ${shade} ${shade})`;
      pen.fillRect(left + 4 + (p % DIGIT) * 4, top + 8 + Math.floor(p / DIGIT) * 4, 4, 4);
    }
    const right = answer === held.labels[i];
    pen.fillStyle = right ? "#1b5e20" : "#8c1d32";
    pen.font = "bold 13px sans-serif";
    pen.fillText(right ? `${answer}` : `${answer === 255 ? "–" : answer}✗`, left + 36 - (right ? 0 : 8), top + 14);
    if (!right) {
      pen.strokeStyle = "#8c1d32";
      pen.strokeRect(left + 2, top + 2, cell - 4, cell - 4);
    }
  });
}

/** By layer: the distribution of what reaches the nonlinearity, and the size of the gradient. */
function drawInside(picture, width, layers, colour, words) {
  const height = 38 + layers.length * ROW;
  const split = Math.round(width * 0.52);
  setAttributes(picture, { viewBox: `0 0 ${width} ${height}`, height,
    "aria-label": `By layer, ${words}: pre-activations and size of the gradient` });
  const rows = layers.flatMap(({ shares, norm }, layer) => {
    const base = 18 + (layer + 1) * ROW;
    return [textAt(0, base - 4, String(layer + 1)),
      ...stairs(shares, { left: 20, right: split - 2, base, height: ROW - 6, fill: colour }),
      ...gradientBar(norm, split + 8, width, base, colour)];
  });
  const [left, right] = width > 180 ? ["pre-activations", "gradient, log"] : ["pre-act.", "grad., log"];
  picture.replaceChildren(textAt(0, 12, left), textAt(split + 8, 12, right), ...rows,
    textAt(20, height - 4, `−${SPAN}`), textAt(split - 2, height - 4, SPAN, { "text-anchor": "end" }));
}

const [SMALLEST, LARGEST] = [-8, 2]; // powers of ten between which the bars of gradients run

/** The Euclidean norm of a gradient, as a bar and in words. */
function gradientBar(norm, left, right, base, colour) {
  const power = Math.log10(norm);
  const share = Number.isFinite(power)
    ? Math.min(1, Math.max(0.02, (power - SMALLEST) / (LARGEST - SMALLEST)))
    : 0.02;
  const text = norm === 0 ? "0" : Number.isFinite(norm) ? norm.toExponential(0).replace("e+", "e").replace("-", "−") : "∞";
  return [
    svg("rect", { x: left, y: base - ROW + 8, height: ROW - 10, width: share * Math.max(4, right - left - 40), fill: colour, opacity: 0.75 }),
    textAt(right, base - 4, text, { "text-anchor": "end" }),
  ];
}
