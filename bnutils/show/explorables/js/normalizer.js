// A batch of numbers that can be dragged, what batch normalization makes of them, and the
// gradient that flows back when one output is pushed.

import { normalize, normalizeBackward, statistics } from "./batchnorm.js";
import { announcer, button, element, fixed, slider, toggle } from "./dom.js";
import { traits } from "./model.js";
import { numberTable } from "./number-table.js";
import { drawScene, rounded } from "./number-lines.js";

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
  const { dx } = normalizeBackward(dy, m, 1, { ...result, gamma, fixed: !state.training });
  return { x, m, batch, mean: used.mean[0], variance: used.variance[0], ...result, dx };
}

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
      running_mean: towards(state.running_mean, batch.mean[0]),
      running_var: towards(state.running_var, (batch.variance[0] * m) / (m - 1)),
    });
  });
  const first = read();
  const reset = button("Reset", () => write(first));
  el.classList.add("bn-root");
  el.append(stage, table.root, formula,
    element("div", { class: "bn-controls" }, gamma.root, beta.root, evaluation.root, update, reset), says);
  let [scene, drawn] = [null, 0]; // and for which width
  return follow(stage, (state, width) => {
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
