// How one network of the playground is shown: what it decides, what flows forward and back.

import { element, setAttributes, svg } from "./dom.js";
import { drawRegions } from "./regions.js";

const DIGIT = 8; // pixels a side

/** The panel of an arm: `show` draws what a trainer holds, in a width in pixels. */
export function armPanel(title, colour) {
  const words = title.replace("W", "w");
  const score = element("p", { class: "bn-score" });
  const canvas = element("canvas", { role: "img", class: "bn-regions" });
  const inside = svg("svg", { role: "img" });
  const heading = element("p", { class: "bn-arm", style: `color: color-mix(in srgb, ${colour} 75%, var(--bn-ink))` }, title);
  const root = element("div", { class: "bn-panel" }, heading, score, canvas, inside);
  const show = ({ width, trainer, arm, regions, measured, training }) => {
    score.textContent = `${(100 * measured.accuracy).toFixed(0)} % right, loss ${lossText(measured.loss)}`;
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
  const answers = trainer.answers(columns * columns, training)[arm];
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
  const small = { "font-size": 12 };
  const parts = [
    svg("text", { x: 0, y: 12, ...small }, "pre-activations"),
    svg("text", { x: split + 8, y: 12, ...small }, "gradient"),
  ];
  if (trainer.last) {
    const norms = trainer.gradientNorms(arm);
    trainer.histograms(arm).forEach((shares, layer) => {
      const base = 18 + (layer + 1) * row;
      const top = Math.max(...shares);
      const step = (split - 22) / shares.length;
      const points = Array.from(shares, (share, i) =>
        `${(20 + i * step).toFixed(1)},${base - (share / top) * (row - 6)} ${(20 + (i + 1) * step).toFixed(1)},${base - (share / top) * (row - 6)}`);
      parts.push(
        svg("text", { x: 0, y: base - 4, ...small }, String(layer + 1)),
        svg("polygon", { points: `20,${base} ${points.join(" ")} ${split - 2},${base}`, fill: colour, opacity: 0.75 }),
        svg("line", { x1: 20, x2: split - 2, y1: base, y2: base, stroke: "var(--bn-line)" }),
        ...gradientBar(norms[layer], split + 8, width, base, row, colour),
      );
    });
    parts.push(svg("text", { x: 20, y: height - 4, ...small }, "−4"),
      svg("text", { x: split - 2, y: height - 4, "text-anchor": "end", ...small }, "4"));
  }
  picture.replaceChildren(...parts);
}

const [SMALLEST, LARGEST] = [-8, 2]; // powers of ten between which the bars of gradients run

function gradientBar(norm, left, right, base, row, colour) {
  const power = Math.log10(norm);
  const share = Number.isFinite(power)
    ? Math.min(1, Math.max(0.02, (power - SMALLEST) / (LARGEST - SMALLEST)))
    : 0.02;
  const text = norm === 0 ? "0" : Number.isFinite(norm) ? norm.toExponential(0).replace("e+", "e").replace("-", "−") : "∞";
  return [
    svg("rect", { x: left, y: base - row + 8, height: row - 10, width: share * (right - left - 46), fill: colour, opacity: 0.75 }),
    svg("text", { x: right, y: base - 4, "text-anchor": "end", "font-size": 12 }, text),
  ];
}
