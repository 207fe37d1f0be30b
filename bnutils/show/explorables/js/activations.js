// What reaches the nonlinearities during training, layer by layer, two networks side by side.

import { announcer, button, element, fixed, littleMotion, slider } from "./dom.js";
import { lookOf } from "./looks.js";
import { traits } from "./model.js";
import { pictureOf, textAt } from "./pictures.js";
import { stairs } from "./stairs.js";

const [ROW, HEAD, FOOT, STUB] = [54, 26, 22, 62]; // pixels
const [LIVELY, CALM] = [350, 1500]; // milliseconds between two pictures while it plays

function render({ model, el }) {
  const { steps, layers, span, arms } = model.get("data"); // arms: name, histograms [T][layers][bins]
  const { read, write, follow } = traits(model, ["at"]);
  const last = steps.length - 1;
  const panels = Object.keys(arms).map(() => element("div", { class: "bn-panel" }));
  const says = announcer();
  let timer = null;
  const time = slider({ label: "step", min: 0, max: last, step: 1, value: read().at,
    format: (at) => String(steps[at]), onInput: (at) => write({ at }) });
  const stop = () => {
    if (timer === null) return;
    clearInterval(timer);
    timer = null;
    play.textContent = "Play";
    says.setAttribute("aria-live", "polite");
  };
  const play = button("Play", () => {
    if (timer !== null) return stop();
    play.textContent = "Pause";
    says.setAttribute("aria-live", "off"); // while it plays, the words change too often to be read aloud
    if (read().at === last) write({ at: 0 });
    timer = setInterval(() => {
      if (!el.isConnected) return stop();
      write({ at: Math.min(read().at + 1, last) });
      if (read().at === last) stop();
    }, littleMotion() ? CALM : LIVELY);
  }, "bn-primary");
  el.classList.add("bn-root");
  el.append(element("div", { class: "bn-controls" }, play, time.root), element("div", { class: "bn-sides" }, ...panels), says);
  const unfollow = follow(panels[0], ({ at }, width) => {
    time.set(at);
    says.textContent = words(steps, arms, at, layers, span);
    Object.entries(arms).forEach(([name, histograms], arm) =>
      panels[arm].replaceChildren(drawArm(width, name, histograms[at], span)));
  });
  return () => {
    stop();
    unfollow();
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

function words(steps, arms, at, layers, span) {
  const each = Object.entries(arms).map(([name, histograms]) => {
    const { mean, deviation } = moments(histograms[at][layers - 1], span);
    return `${name}: mean ${fixed(mean)}, standard deviation ${fixed(deviation)}`;
  });
  return `Step ${steps[at]}, last hidden layer. ${each.join("; ")}.`;
}

function drawArm(width, name, histograms, span) {
  const height = HEAD + histograms.length * ROW + FOOT;
  const { colour } = lookOf(name);
  const right = width - 8;
  const layer = (shares, at) => {
    const base = HEAD + (at + 1) * ROW;
    return [textAt(0, base - 6, `layer ${at + 1}`),
      ...stairs(shares, { left: STUB, right, base, height: ROW - 8, fill: colour })];
  };
  const mark = (value, words, anchor) =>
    textAt(STUB + ((value + span) / (2 * span)) * (right - STUB), height - 6, words, { "text-anchor": anchor });
  return pictureOf(width, height, { role: "img", "aria-label": `Distributions of pre-activations by layer, ${name}` },
    textAt(0, 15, name, { "font-size": 14, "font-weight": 700, style: `fill: ${colour}` }), ...histograms.flatMap(layer),
    mark(-span, `≤ −${span}`, "start"), mark(0, "0", "middle"), mark(span, `≥ ${span}`, "end"));
}

export default { render };
