// Which values of a batch of images share a mean: one block for BN, LN, IN, GN.

import { announcer, element, onWidth, select, setAttributes, slider, svg } from "./dom.js";

const NORMS = {
  BN: { name: "Batch normalization", colour: "var(--bn-with)", same: (a, b) => a.c === b.c },
  LN: { name: "Layer normalization", colour: "var(--bn-third)", same: (a, b) => a.n === b.n },
  IN: { name: "Instance normalization", colour: "var(--bn-fifth)", same: (a, b) => a.n === b.n && a.c === b.c },
  GN: { name: "Group normalization", colour: "var(--bn-fourth)",
    same: (a, b, size) => a.n === b.n && Math.floor(a.c / size) === Math.floor(b.c / size) },
};
const [SIDE, HEAD, STUB] = [3, 24, 74]; // pixels of an image a side; room for the names
const NAMES = ["norm", "groups", "sample", "channel", "samples", "channels"];

function render({ model, el }) {
  const read = () => Object.fromEntries(NAMES.map((name) => [name, model.get(name)]));
  const write = (values) => {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    model.save_changes();
  };
  const stage = element("div");
  const says = announcer();
  const norm = select({ label: "method", value: read().norm,
    options: Object.entries(NORMS).map(([key, { name }]) => [key, name]), onChange: (value) => write({ norm: value }) });
  const { channels } = read();
  const choices = Array.from({ length: channels }, (_, i) => i + 1).filter((g) => channels % g === 0);
  const groups = slider({ label: "groups", min: 0, max: choices.length - 1, step: 1,
    value: choices.indexOf(read().groups), format: (i) => String(choices[i]), onInput: (i) => write({ groups: choices[i] }) });
  let grid = { show() {} };
  const show = () => {
    const state = read();
    norm.set(state.norm);
    groups.set(choices.indexOf(state.groups));
    groups.root.hidden = state.norm !== "GN";
    grid.show(state);
    says.textContent = words(state);
  };
  el.classList.add("bn-root");
  el.append(element("div", { class: "bn-controls" }, norm.root, groups.root), stage, says);
  for (const name of NAMES) model.on(`change:${name}`, show);
  const unwatch = onWidth(stage, (width) => {
    const focused = stage.contains(document.activeElement);
    grid = drawGrid(width, read(), (sample, channel) => write({ sample, channel }));
    stage.replaceChildren(grid.picture);
    if (focused) grid.focus();
    show();
  });
  return () => {
    unwatch();
    for (const name of NAMES) model.off(`change:${name}`, show);
  };
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

function drawGrid(width, { samples, channels }, choose) {
  const cell = Math.min(92, Math.floor((width - STUB) / channels));
  const height = HEAD + samples * cell + 4;
  const picture = svg("svg", {
    viewBox: `0 0 ${width} ${height}`, height, role: "grid", tabindex: 0,
    "aria-label": "Images of a batch: a row for each sample, a column for each channel. Arrow keys choose one.",
  });
  const text = (x, y, words, anchor) => svg("text", { x, y, "font-size": 12, "text-anchor": anchor, "aria-hidden": "true" }, words);
  const long = cell > 60;
  for (let c = 0; c < channels; c += 1)
    picture.append(text(STUB + (c + 0.5) * cell, 14, long ? `channel ${c + 1}` : `${c ? "" : "ch. "}${c + 1}`, "middle"));
  const cells = [];
  for (let n = 0; n < samples; n += 1) {
    picture.append(text(STUB - 8, HEAD + (n + 0.5) * cell + 4, `sample ${n + 1}`, "end"));
    const row = svg("g", { role: "row" });
    for (let c = 0; c < channels; c += 1) {
      const group = svg("g", { role: "gridcell", style: "cursor: pointer" });
      const step = (cell - 8) / SIDE;
      for (let p = 0; p < SIDE * SIDE; p += 1)
        group.append(svg("rect", { x: STUB + c * cell + 4 + (p % SIDE) * step, y: HEAD + n * cell + 4 + Math.floor(p / SIDE) * step,
          width: step - 2, height: step - 2, rx: 2 }));
      group.append(svg("rect", { class: "bn-frame", x: STUB + c * cell + 1, y: HEAD + n * cell + 1, width: cell - 3, height: cell - 3,
        rx: 5, fill: "none", "stroke-width": 3 }));
      group.addEventListener("click", () => choose(n, c));
      row.append(group);
      cells.push({ n, c, group });
    }
    picture.append(row);
  }
  let shown = { sample: 0, channel: 0 };
  picture.addEventListener("keydown", (event) => {
    const move = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (!move) return;
    event.preventDefault();
    const kept = (value, count) => Math.min(count - 1, Math.max(0, value));
    choose(kept(shown.sample + move[0], samples), kept(shown.channel + move[1], channels));
  });
  const show = (state) => {
    shown = state;
    const { same, colour } = NORMS[state.norm];
    const chosen = { n: state.sample, c: state.channel };
    for (const { n, c, group } of cells) {
      const together = same(chosen, { n, c }, channels / state.groups);
      const self = n === chosen.n && c === chosen.c;
      setAttributes(group, { fill: together ? colour : "var(--bn-line)", "aria-selected": String(self),
        "aria-label": `sample ${n + 1}, channel ${c + 1}${together ? ", shares the mean" : ""}` });
      setAttributes(group.lastChild, { stroke: self ? "var(--bn-ink)" : together ? colour : "none" });
    }
  };
  return { picture, show, focus: () => picture.focus() };
}

export default { render };
