// A batch of numbers that can be dragged, what batch normalization makes of them, and the
// gradient that flows back when one output is pushed.

import { normalize, normalizeBackward, statistics } from "./batchnorm.js";
import {
  announcer, button, element, fixed, onWidth, setAttributes, slider, svg, toggle,
} from "./dom.js";
import { linearScale } from "./scales.js";

const ROWS = { x: 56, xHat: 146, y: 236, dx: 336 }; // pixels from the top
const [HEIGHT, MARGIN, REACH] = [384, 16, 44];
const LIMIT = 6; // the number lines run from -LIMIT to LIMIT
const STEP = 0.1;
const clamped = (value) => Math.max(-LIMIT, Math.min(LIMIT, value));

/** What the figure shows, from the state: everything is one channel, so arrays are [m]. */
function computed(state) {
  const x = Float64Array.from(state.values);
  const m = x.length;
  const batch = statistics(x, m, 1);
  const used = state.training
    ? batch
    : { mean: [state.running_mean], variance: Float64Array.of(state.running_var) };
  const [gamma, beta] = [[state.gamma], [state.beta]];
  const result = normalize(x, m, 1, { ...used, gamma, beta, eps: state.eps });
  const dy = new Float64Array(m);
  dy[state.selected] = 1;
  const fixedStatistics = !state.training;
  const { dx } = normalizeBackward(dy, m, 1, { ...result, gamma, fixed: fixedStatistics });
  return { x, m, batch, mean: used.mean[0], variance: used.variance[0], ...result, dx };
}

function render({ model, el }) {
  const names = ["values", "gamma", "beta", "eps", "training", "selected", "running_mean",
    "running_var", "momentum"];
  const read = () => Object.fromEntries(names.map((name) => [name, model.get(name)]));
  const write = (values) => {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    model.save_changes();
  };
  const stage = element("div");
  const says = announcer();
  const formula = element("p", { class: "bn-formula" });
  let scene = { show() {} };
  const actions = {
    move: (index, value) => {
      const values = [...read().values];
      values[index] = Math.round(clamped(value) / STEP) * STEP;
      write({ values, selected: index });
    },
    choose: (index) => read().selected !== index && write({ selected: index }),
    value: (index) => read().values[index],
  };
  const gamma = slider({ label: "scale γ", min: -2, max: 3, step: 0.1, value: read().gamma,
    format: (v) => fixed(v, 1), onInput: (v) => write({ gamma: v }) });
  const beta = slider({ label: "shift β", min: -3, max: 3, step: 0.1, value: read().beta,
    format: (v) => fixed(v, 1), onInput: (v) => write({ beta: v }) });
  const evaluation = toggle({ label: "evaluation mode (running statistics)",
    value: !read().training, onChange: (on) => write({ training: !on }) });
  const update = button("Move the running statistics once", () => {
    const state = read();
    const { batch, m } = computed(state);
    const towards = (from, to) => from + state.momentum * (to - from);
    write({
      running_mean: towards(state.running_mean, batch.mean[0]),
      running_var: towards(state.running_var, (batch.variance[0] * m) / (m - 1)),
    });
  });
  const first = read();
  const reset = button("Reset", () => write(first));
  const show = () => {
    const state = read();
    const result = computed(state);
    scene.show(state, result);
    gamma.set(state.gamma);
    beta.set(state.beta);
    evaluation.set(!state.training);
    formula.textContent =
      `${state.training ? "batch" : "running"} mean μ = ${fixed(result.mean)}, ` +
      `variance σ² = ${fixed(result.variance)}; ` +
      `running mean ${fixed(state.running_mean)}, running variance ${fixed(state.running_var)}`;
    says.textContent = words(state, result);
  };
  for (const name of names) model.on(`change:${name}`, show);
  const controls = element("div", { class: "bn-controls" },
    gamma.root, beta.root, evaluation.root, update, reset);
  el.classList.add("bn-root");
  el.append(stage, formula, controls, says);
  const unwatch = onWidth(stage, (width) => {
    scene = drawScene(width, read().values.length, actions);
    stage.replaceChildren(scene.picture);
    show();
  });
  return () => {
    unwatch();
    names.forEach((name) => model.off(`change:${name}`, show));
  };
}

function words({ selected, training }, { dx, xHat }) {
  const total = dx.reduce((sum, d) => sum + d, 0);
  const along = dx.reduce((sum, d, i) => sum + d * xHat[i], 0);
  const others = [...dx].filter((d, i) => i !== selected && Math.abs(d) > 5e-3).length;
  return `Output ${selected + 1} is pushed up: its own input gets the gradient ` +
    `${fixed(dx[selected])}, ${others} of the ${dx.length - 1} others get one too. ` +
    (training
      ? `All gradients add up to ${fixed(total)}, and to ${fixed(along)} along x̂.`
      : "With fixed statistics no sample feels another.");
}

/** The picture for a width in pixels, and a function that moves its parts. */
function drawScene(width, count, actions) {
  const across = linearScale([-LIMIT, LIMIT], [MARGIN, width - MARGIN]);
  const picture = svg("svg", {
    viewBox: `0 0 ${width} ${HEIGHT}`, role: "group",
    "aria-label": "A batch on number lines: inputs, normalized values, outputs, gradients",
  });
  const titles = { x: "input x", xHat: "normalized x̂", y: "output y = γx̂ + β", dx: "gradient for x" };
  for (const [row, y] of Object.entries(ROWS)) {
    const [line, label] = [
      svg("line", { x1: MARGIN, x2: width - MARGIN, y1: y, y2: y, stroke: "var(--bn-line)" }),
      svg("text", { x: 0, y: y - 32, "font-size": 15, "font-weight": 600 }, titles[row]),
    ];
    picture.append(line, label);
    if (row !== "dx")
      for (let tick = -LIMIT; tick <= LIMIT; tick += 2)
        picture.append(
          svg("line", { x1: across(tick), x2: across(tick), y1: y - 4, y2: y + 4, stroke: "var(--bn-line)" }),
          svg("text", { x: across(tick), y: y + 26, "font-size": 12, "text-anchor": "middle" }, fixed(tick, 0)),
        );
  }
  const spread = svg("rect", { y: ROWS.x - 17, height: 34, rx: 4, fill: "var(--bn-with)", opacity: 0.16 });
  const centre = svg("line", { y1: ROWS.x - 22, y2: ROWS.x + 22, stroke: "var(--bn-with)", "stroke-width": 3 });
  const centreName = svg("text", { y: ROWS.x - 27, "font-size": 13, "text-anchor": "middle" }, "μ ± σ"); // of the statistics in use
  picture.append(spread, centre, centreName);
  const threads = Array.from({ length: count }, () =>
    svg("polyline", { fill: "none", stroke: "var(--bn-muted)", "stroke-width": 1, opacity: 0.55 }));
  const arrows = Array.from({ length: count }, () => svg("path", { fill: "none", "stroke-width": 4 }));
  picture.append(...threads, ...arrows);
  const beads = Object.fromEntries(["x", "xHat", "y"].map((row) =>
    [row, Array.from({ length: count }, (_, index) => bead(index, row, across, actions))]));
  for (const row of Object.values(beads)) picture.append(...row);
  const parts = { across, spread, centre, centreName, threads, arrows, beads };
  return { picture, show: (state, result) => place(parts, state, result) };
}

function bead(index, row, across, { move, choose, value }) {
  const movable = row === "x";
  const circle = svg("circle", { r: 11, stroke: "var(--bn-ground)", "stroke-width": 1.5 });
  const number = svg("text", { y: 4.5, "font-size": 13, "font-weight": 700, "text-anchor": "middle",
    style: "fill: var(--bn-ground); pointer-events: none" }, String(index + 1));
  const group = svg("g", movable
    ? { class: "bn-bead", tabindex: 0, role: "slider", "aria-label": `input ${index + 1}`,
      "aria-valuemin": -LIMIT, "aria-valuemax": LIMIT, style: "cursor: ew-resize; touch-action: none" }
    : { "aria-hidden": "true" }, circle, number);
  if (!movable) return group;
  const keys = { ArrowLeft: -STEP, ArrowDown: -STEP, ArrowRight: STEP, ArrowUp: STEP, PageUp: 1, PageDown: -1 };
  group.addEventListener("keydown", (event) => {
    const step = keys[event.key];
    const goal = { Home: -LIMIT, End: LIMIT }[event.key] ?? (step && value(index) + step);
    if (goal === undefined) return;
    event.preventDefault();
    move(index, goal);
  });
  group.addEventListener("focus", () => choose(index));
  group.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    group.focus();
    group.setPointerCapture(event.pointerId);
  });
  group.addEventListener("pointermove", (event) => {
    if (!group.hasPointerCapture(event.pointerId)) return;
    const box = group.ownerSVGElement.getBoundingClientRect();
    move(index, across.inverse(event.clientX - box.left));
  });
  return group;
}

function place({ across, spread, centre, centreName, threads, arrows, beads }, state, result) {
  const { mean, variance, dx } = result;
  const sd = Math.sqrt(variance);
  const [from, to] = [across(clamped(mean - sd)), across(clamped(mean + sd))];
  setAttributes(spread, { x: from, width: Math.max(0, to - from) });
  setAttributes(centre, { x1: across(clamped(mean)), x2: across(clamped(mean)) });
  setAttributes(centreName, { x: across(clamped(mean)) });
  const largest = Math.max(1e-9, ...[...dx].map(Math.abs));
  for (const index of state.values.keys()) {
    const chosen = index === state.selected;
    const at = Object.fromEntries(["x", "xHat", "y"].map((row) => [row, across(clamped(result[row][index]))]));
    setAttributes(threads[index], {
      points: Object.keys(at).map((row) => `${at[row]},${ROWS[row]}`).join(" "),
      "stroke-width": chosen ? 2.5 : 1,
    });
    for (const [row, list] of Object.entries(beads)) {
      setAttributes(list[index], { transform: `translate(${at[row]} ${ROWS[row]})` });
      setAttributes(list[index].firstChild, { fill: chosen ? "var(--bn-ink)" : "var(--bn-with)" });
    }
    setAttributes(beads.x[index], {
      "aria-valuenow": Number(state.values[index].toFixed(1)),
      "aria-valuetext": `${fixed(state.values[index], 1)}, normalized ${fixed(result.xHat[index])}, gradient ${fixed(dx[index])}`,
    });
    const length = (dx[index] / largest) * REACH;
    const barb = -Math.sign(length) * Math.min(7, Math.abs(length));
    setAttributes(arrows[index], {
      stroke: chosen ? "var(--bn-ink)" : "var(--bn-with)",
      d: Math.abs(dx[index]) < 1e-6 ? "" : `M${at.x},${ROWS.dx} v${-length} m-5,${-barb} l5,${barb} l5,${-barb}`,
    });
  }
}

export default { render };
