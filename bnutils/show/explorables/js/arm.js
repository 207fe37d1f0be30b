// How one network of the playground is shown: what it decides, what flows forward and back.

import { element, setAttributes, svg } from "./dom.js";
import { inColour, percent } from "./looks.js";
import { textAt } from "./pictures.js";
import { drawRegions } from "./regions.js";
import { stairs } from "./stairs.js";

const DIGIT = 8; // pixels a side
const [BINS, SPAN] = [41, 4]; // histograms of pre-activations run from -SPAN to SPAN

/** The panel of an arm: `show` draws what a trainer holds, in a width in pixels. */
export function armPanel(title, colour) {
  const words = title.replace("W", "w");
  const score = element("p", { class: "bn-score" });
  const canvas = element("canvas", { role: "img", class: "bn-regions" });
  const inside = svg("svg", { role: "img" });
  const heading = element("p", { class: "bn-arm", style: inColour(colour) }, title);
  const root = element("div", { class: "bn-panel" }, heading, score, canvas, inside);
  const show = ({ width, trainer, arm, regions, measured, training }) => {
    score.textContent = `${percent(measured.accuracy)} right, loss ${lossText(measured.loss)}`;
    const { features, classes } = trainer.data;
    if (features === 2) drawRegions(canvas, regions, trainer.data);
    else drawDigits(canvas, trainer, arm, training);
    canvas.setAttribute("aria-label", features === 2
      ? `Decision regions of the network ${words} among ${classes} classes`
      : `Digits and what the network ${words} takes them for`);
    drawInside(inside, width, trainer, arm, colour, words);
  };
  return { root, show };
}

export function lossText(loss) {
  return Number.isFinite(loss) ? (loss >= 100 ? loss.toExponential(0) : loss.toFixed(2)) : "not finite";
}

/** The first images of the validation part with the answers; a wrong one is framed and crossed. */
function drawDigits(canvas, trainer, arm, training) {
  const [columns, cell] = [6, 48];
  canvas.width = canvas.height = columns * cell;
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#ffffff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  const answers = trainer.answers(arm, columns * columns, training);
  answers.forEach((answer, i) => {
    const [left, top] = [(i % columns) * cell, Math.floor(i / columns) * cell];
    for (let p = 0; p < DIGIT * DIGIT; p += 1) {
      const shade = Math.round(255 - 230 * trainer.held.pixels[i * DIGIT * DIGIT + p]);
      pen.fillStyle = `rgb(${shade} ${shade} ${shade})`;
      pen.fillRect(left + 4 + (p % DIGIT) * 4, top + 8 + Math.floor(p / DIGIT) * 4, 4, 4);
    }
    const right = answer === trainer.held.labels[i];
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
function drawInside(picture, width, trainer, arm, colour, words) {
  const row = 26;
  const layers = trainer.networks[arm].layers.length - 1;
  const height = 40 + layers * row;
  const split = Math.round(width * 0.56);
  setAttributes(picture, { viewBox: `0 0 ${width} ${height}`, height,
    "aria-label": `By layer, ${words}: pre-activations and size of the gradient` });
  const parts = [textAt(0, 12, "pre-activations"), textAt(split + 8, 12, "gradient")];
  if (trainer.last) {
    const { cache, gradients } = trainer.last[arm];
    cache.slice(0, -1).forEach(({ before }, layer) => {
      const base = 18 + (layer + 1) * row;
      parts.push(textAt(0, base - 4, String(layer + 1)),
        ...stairs(histogram(before), { left: 20, right: split - 2, base, height: row - 6, fill: colour }),
        ...gradientBar(gradients[layer].weight, split + 8, width, base, row, colour));
    });
    parts.push(textAt(20, height - 4, `−${SPAN}`), textAt(split - 2, height - 4, SPAN, { "text-anchor": "end" }));
  }
  picture.replaceChildren(...parts);
}

/** Shares [bins] of values, of which those beyond the ends count there. */
function histogram(values) {
  const shares = new Float64Array(BINS);
  for (const value of values) {
    const at = Math.floor(((value + SPAN) / (2 * SPAN)) * BINS);
    shares[Math.min(BINS - 1, Math.max(0, Number.isFinite(at) ? at : 0))] += 1 / values.length;
  }
  return shares;
}

const [SMALLEST, LARGEST] = [-8, 2]; // powers of ten between which the bars of gradients run

/** The Euclidean norm of a gradient, as a bar and in words. */
function gradientBar(gradient, left, right, base, row, colour) {
  const norm = Math.sqrt(gradient.reduce((sum, g) => sum + g * g, 0));
  const power = Math.log10(norm);
  const share = Number.isFinite(power)
    ? Math.min(1, Math.max(0.02, (power - SMALLEST) / (LARGEST - SMALLEST)))
    : 0.02;
  const text = norm === 0 ? "0" : Number.isFinite(norm) ? norm.toExponential(0).replace("e+", "e").replace("-", "−") : "∞";
  return [
    svg("rect", { x: left, y: base - row + 8, height: row - 10, width: share * (right - left - 46), fill: colour, opacity: 0.75 }),
    textAt(right, base - 4, text, { "text-anchor": "end" }),
  ];
}
