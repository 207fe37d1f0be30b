// A batch of numbers that can be dragged, what batch normalization makes of them, and the
// gradient that flows back when one output is pushed.

import { normalize, normalizeBackward, normSpace, statistics } from "./batchnorm.js";
import { announcer, button, element, fixed, littleMotion, slider, toggle } from "./dom.js";
import { traits } from "./model.js";
import { numberTable } from "./number-table.js";
import { drawScene, rounded } from "./number-lines.js";

/** What the figure shows, from the state: everything is one channel, so arrays are [m]. */
function computed(state) {
  const x = Float64Array.from(state.values);
  const m = x.length;
  const space = normSpace(m, 1);
  statistics(x, m, 1, space);
  const batch = { mean: space.mean[0], variance: space.variance[0] };
  const used = state.training ? batch : { mean: state.running_mean, variance: state.running_var };
  const [gamma, beta] = [[state.gamma], [state.beta]];
  normalize(x, m, 1, { mean: [used.mean], variance: [used.variance] }, { gamma, beta, eps: state.eps }, space);
  const dy = new Float64Array(m);
  dy[state.selected] = 1;
  normalizeBackward(dy, m, 1, gamma, !state.training, space);
  return { ...space, x, m, batch, ...used };
}

const CASES = {
  "One outlier": [-1.5, -1, -0.7, -0.4, -0.2, 6],
  "Two values": [-1, -1, -1, 2, 2, 2],
  "All equal": [1, 1, 1, 1, 1, 1],
};
const NUDGED = 2; // the bead that moves on sight
const [FAR, LONG] = [0.8, 1100]; // how far, in how many milliseconds

function render({ model, el }) {
  const { read, write, follow } = traits(model,
    ["values", "gamma", "beta", "eps", "training", "selected", "running_mean", "running_var", "momentum"]);
  const stage = element("div");
  const says = announcer();
  const table = numberTable({ x: "x", xHat: "x̂", y: "y", dx: "gradient" });
  const formula = element("p", { class: "bn-formula" });
  const actions = {
    move: (index, value) => {
      const values = [...read().values];
      values[index] = rounded(value);
      write({ values, selected: index });
    },
    choose: (index) => read().selected !== index && write({ selected: index }),
    value: (index) => read().values[index],
  };
  const knob = (name, label, min) => slider({ label, min, max: 3, step: 0.1, value: read()[name],
    format: (value) => fixed(value, 1), onInput: (value) => write({ [name]: value }) });
  const [gamma, beta] = [knob("gamma", "scale γ", -2), knob("beta", "shift β", -3)];
  const evaluation = toggle({ label: "evaluation mode (running statistics)",
    value: !read().training, onChange: (on) => write({ training: !on }) });
  const update = button("Move the running statistics once", () => {
    const state = read();
    const { batch, m } = computed(state);
    const towards = (from, to) => from + state.momentum * (to - from);
    write({
      running_mean: towards(state.running_mean, batch.mean),
      running_var: towards(state.running_var, (batch.variance * m) / (m - 1)),
    });
  });
  const first = read();
  const reset = button("Reset", () => write(first));
  const cases = Object.entries(CASES).map(([title, values]) => button(title, () => write({ values, selected: 5 })));
  el.classList.add("bn-root");
  el.append(element("div", { class: "bn-controls bn-buttons", role: "group", "aria-label": "Famous cases" }, "Drag the beads, or see:", ...cases, reset),
    stage, table.root, formula, element("div", { class: "bn-controls" }, gamma.root, beta.root, evaluation.root, update), says);
  let [scene, drawn] = [null, 0]; // and for which width
  const unfollow = follow(stage, (state, width) => {
    const result = computed(state);
    if (width !== drawn) {
      [scene, drawn] = [drawScene(width, state.values.length, actions), width];
      stage.replaceChildren(scene.picture);
    }
    scene.show(state, result);
    table.show(result, state.selected);
    gamma.set(state.gamma);
    beta.set(state.beta);
    evaluation.set(!state.training);
    formula.textContent =
      `${state.training ? "batch" : "running"} mean μ = ${fixed(result.mean)}, ` +
      `variance σ² = ${fixed(result.variance)}; ` +
      `running mean ${fixed(state.running_mean)}, running variance ${fixed(state.running_var)}`;
    says.textContent = words(state, result);
  });
  const unwatch = nudge(stage, read, (state) => scene?.show(state, computed(state)));
  return () => (unfollow(), unwatch());
}

/** Have one bead move there and back when it is first seen, to show that it can; the state stays. */
function nudge(stage, read, show) {
  const seen = new IntersectionObserver((entries) => {
    if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
    seen.disconnect();
    const [start, first] = [performance.now(), read().values];
    const move = (now) => {
      const state = read();
      const part = Math.min(1, Math.max(0, now - start) / LONG);
      if (!stage.isConnected || state.values !== first) return; // the reader's hand comes first
      const values = first.map((value, at) => (at === NUDGED ? value + FAR * Math.sin(Math.PI * part) : value));
      show({ ...state, values: part < 1 ? values : first });
      if (part < 1) requestAnimationFrame(move);
    };
    requestAnimationFrame(move);
  }, { threshold: 0.9 });
  if (!littleMotion()) seen.observe(stage);
  return () => seen.disconnect();
}

function words({ selected, training }, { dx, xHat }) {
  const total = dx.reduce((sum, d) => sum + d, 0);
  const along = dx.reduce((sum, d, i) => sum + d * xHat[i], 0);
  const others = [...dx].filter((d, i) => i !== selected && Math.abs(d) > 5e-3).length;
  return `Output ${selected + 1} is pushed up: its own input gets the gradient ` +
    `${fixed(dx[selected])}, and ${others || "none"} of the ${dx.length - 1} others get${others === 1 ? "s" : ""} one too. ` +
    (training
      ? `All gradients add up to ${fixed(total)}, and to ${fixed(along)} along x̂.`
      : "With fixed statistics no sample feels another.");
}

export default { render };
