// Which values of a batch of images share a mean: one block for BN, LN, IN, GN.

import { announcer, element, select, slider, svg } from "./dom.js";
import { gridCell, showGrid } from "./grid.js";
import { traits } from "./model.js";
import { pictureOf, textAt } from "./pictures.js";

const NORMS = {
  BN: { name: "Batch normalization", colour: "var(--bn-with)", same: (a, b) => a.c === b.c },
  LN: { name: "Layer normalization", colour: "var(--bn-third)", same: (a, b) => a.n === b.n },
  IN: { name: "Instance normalization", colour: "var(--bn-fifth)", same: (a, b) => a.n === b.n && a.c === b.c },
  GN: { name: "Group normalization", colour: "var(--bn-fourth)",
    same: (a, b, size) => a.n === b.n && Math.floor(a.c / size) === Math.floor(b.c / size) },
};
const [SIDE, HEAD, STUB] = [3, 24, 74]; // pixels of an image a side; room for the names

function render({ model, el }) {
  const { read, write, follow } = traits(model, ["norm", "groups", "sample", "channel", "samples", "channels"]);
  const stage = element("div");
  const says = announcer();
  const norm = select({ label: "method", value: read().norm,
    options: Object.entries(NORMS).map(([key, { name }]) => [key, name]), onChange: (value) => write({ norm: value }) });
  const { channels } = read();
  const choices = Array.from({ length: channels }, (_, i) => i + 1).filter((g) => channels % g === 0);
  const groups = slider({ label: "groups", min: 0, max: choices.length - 1, step: 1,
    value: choices.indexOf(read().groups), format: (i) => String(choices[i]), onInput: (i) => write({ groups: choices[i] }) });
  el.classList.add("bn-root");
  el.append(element("div", { class: "bn-controls" }, norm.root, groups.root), stage, says);
  return follow(stage, (state, width) => {
    norm.set(state.norm);
    groups.set(choices.indexOf(state.groups));
    groups.root.hidden = state.norm !== "GN";
    const choose = (sample, channel) => write({ sample, channel });
    showGrid(stage, drawGrid(width, state, choose), [state.sample, state.channel], [state.samples, state.channels], choose);
    says.textContent = words(state);
  });
}

/** How many values share the mean of the chosen one, along each axis. */
function extent({ norm, groups, samples, channels }) {
  const together = { BN: [samples, 1], LN: [1, channels], IN: [1, 1], GN: [1, channels / groups] };
  return together[norm];
}

function words(state) {
  const [n, c] = extent(state);
  const pixels = SIDE * SIDE;
  const others = n > 1
    ? "It depends on the other samples of the batch, so training and evaluation differ."
    : "Other samples have no part in it: training and evaluation are the same.";
  const count = (number, word) => `${number} ${word}${number === 1 ? "" : "s"}`;
  return `${NORMS[state.norm].name}: sample ${state.sample + 1}, channel ${state.channel + 1} is normalized by ` +
    `${count(n, "sample")} × ${count(c, "channel")} × ${pixels} pixels = ${n * c * pixels} values. ${others}`;
}

function drawGrid(width, { norm, groups, sample, channel, samples, channels }, choose) {
  const cell = Math.min(92, Math.floor((width - STUB) / channels));
  const { same, colour } = NORMS[norm];
  const picture = pictureOf(width, HEAD + samples * cell + 4, { role: "grid", tabindex: 0,
    "aria-label": "Images of a batch: a row for each sample, a column for each channel. Arrow keys choose one." });
  const name = (x, y, words, anchor) => picture.append(textAt(x, y, words, { "text-anchor": anchor, "aria-hidden": "true" }));
  for (let c = 0; c < channels; c += 1)
    name(STUB + (c + 0.5) * cell, 14, cell > 60 ? `channel ${c + 1}` : `${c ? "" : "ch. "}${c + 1}`, "middle");
  for (let n = 0; n < samples; n += 1) {
    name(STUB - 8, HEAD + (n + 0.5) * cell + 4, `sample ${n + 1}`, "end");
    picture.append(svg("g", { role: "row" }, ...Array.from({ length: channels }, (_, c) => {
      const together = same({ n: sample, c: channel }, { n, c }, channels / groups);
      const chosen = n === sample && c === channel;
      return gridCell(`sample ${n + 1}, channel ${c + 1}${together ? ", shares the mean" : ""}`, chosen, () => choose(n, c),
        ...image(STUB + c * cell, HEAD + n * cell, cell, together ? colour : "var(--bn-line)",
          chosen ? "var(--bn-ink)" : together ? colour : "none"));
    })));
  }
  return picture;
}

/** The pixels of an image with its corner at `left` and `top`, in a frame. */
function image(left, top, cell, fill, stroke) {
  const step = (cell - 8) / SIDE;
  const pixels = Array.from({ length: SIDE * SIDE }, (_, p) => svg("rect", { x: left + 4 + (p % SIDE) * step,
    y: top + 4 + Math.floor(p / SIDE) * step, width: step - 2, height: step - 2, rx: 2, fill }));
  const frame = svg("rect", { class: "bn-frame", x: left + 1, y: top + 1, width: cell - 3, height: cell - 3, rx: 5,
    fill: "none", stroke, "stroke-width": 3 });
  return [...pixels, frame];
}

export default { render };
