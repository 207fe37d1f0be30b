// What reaches the nonlinearities during training, layer by layer, two networks side by side.

import { announcer, button, element, fixed, littleMotion, onWidth, slider, svg } from "./dom.js";

const COLOURS = { BN: "var(--bn-with)" };
const [ROW, HEAD, FOOT, STUB] = [54, 26, 22, 62]; // pixels
const [LIVELY, CALM] = [350, 1500]; // milliseconds between two pictures while it plays

function render({ model, el }) {
  const { steps, layers, span, arms } = model.get("data"); // arms: name, histograms [T][layers][bins]
  const panels = Object.keys(arms).map(() => element("div", { class: "bn-panel" }));
  const stage = element("div", { class: "bn-sides" }, ...panels);
  const says = announcer();
  let [timer, width] = [null, 0];
  const choose = (at) => {
    model.set("at", at);
    model.save_changes();
  };
  const time = slider({ label: "step", min: 0, max: steps.length - 1, step: 1, value: model.get("at"),
    format: (at) => String(steps[at]), onInput: choose });
  const stop = () => {
    if (timer === null) return;
    clearInterval(timer);
    timer = null;
    play.textContent = "Play";
    show();
  };
  const play = button("Play", () => {
    if (timer !== null) return stop();
    play.textContent = "Pause";
    if (model.get("at") === steps.length - 1) choose(0);
    timer = setInterval(() => {
      if (!el.isConnected) return stop();
      choose(Math.min(model.get("at") + 1, steps.length - 1));
      if (model.get("at") === steps.length - 1) stop();
    }, littleMotion() ? CALM : LIVELY);
  }, "bn-primary");
  const show = () => {
    const at = model.get("at");
    time.set(at);
    if (timer === null || at === steps.length - 1) says.textContent = words(steps[at], arms, at, layers, span);
    if (width > 0)
      Object.entries(arms).forEach(([name, histograms], arm) =>
        panels[arm].replaceChildren(drawArm(width, name, histograms[at], span)));
  };
  el.classList.add("bn-root");
  el.append(element("div", { class: "bn-controls" }, play, time.root), stage, says);
  model.on("change:at", show);
  const unwatch = onWidth(panels[0], (pixels) => {
    width = pixels;
    show();
  });
  return () => {
    stop();
    unwatch();
    model.off("change:at", show);
  };
}

/** Mean and standard deviation of a histogram between -span and span, whose ends hold the rest. */
function moments(shares, span) {
  const total = shares.reduce((sum, share) => sum + share, 0);
  const centre = (bin) => ((bin + 0.5) / shares.length) * 2 * span - span;
  const mean = shares.reduce((sum, share, bin) => sum + share * centre(bin), 0) / total;
  const square = shares.reduce((sum, share, bin) => sum + share * (centre(bin) - mean) ** 2, 0) / total;
  return { mean, deviation: Math.sqrt(square) };
}

function words(step, arms, at, layers, span) {
  const each = Object.entries(arms).map(([name, histograms]) => {
    const { mean, deviation } = moments(histograms[at][layers - 1], span);
    return `${name}: mean ${fixed(mean)}, standard deviation ${fixed(deviation)}`;
  });
  return `Step ${step}, last hidden layer. ${each.join("; ")}.`;
}

function drawArm(width, name, histograms, span) {
  const height = HEAD + histograms.length * ROW + FOOT;
  const colour = COLOURS[name] ?? "var(--bn-without)";
  const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, height, role: "img",
    "aria-label": `Distributions of pre-activations by layer, ${name}` });
  const text = (x, y, content, extra) => svg("text", { x, y, "font-size": 12, ...extra }, content);
  picture.append(text(0, 15, name, { "font-size": 14, "font-weight": 700, style: `fill: ${colour}` }));
  const right = width - 8;
  histograms.forEach((shares, layer) => {
    const base = HEAD + (layer + 1) * ROW;
    const step = (right - STUB) / shares.length;
    const top = Math.max(...shares);
    const points = shares.flatMap((share, bin) => {
      const y = (base - (share / top) * (ROW - 8)).toFixed(1);
      return [`${(STUB + bin * step).toFixed(1)},${y}`, `${(STUB + (bin + 1) * step).toFixed(1)},${y}`];
    });
    picture.append(text(0, base - 6, `layer ${layer + 1}`),
      svg("polygon", { points: `${STUB},${base} ${points.join(" ")} ${right},${base}`, fill: colour, opacity: 0.75 }),
      svg("line", { x1: STUB, x2: right, y1: base, y2: base, stroke: "var(--bn-line)" }));
  });
  const marks = [[-span, `≤ −${span}`, "start"], [0, "0", "middle"], [span, `≥ ${span}`, "end"]];
  for (const [value, words, anchor] of marks)
    picture.append(text(STUB + ((value + span) / (2 * span)) * (right - STUB), height - 6, words, { "text-anchor": anchor }));
  return picture;
}

export default { render };
