// Two networks trained live, side by side: the same weights and batches, without and with
// batch normalization.

import { armPanel, lossText } from "./arm.js";
import { lineChart } from "./chart.js";
import { announcer, button, element, onWidth, select, toggle } from "./dom.js";
import { completed, fromAddress, LESSONS, SETTINGS, toAddress } from "./lessons.js";
import { toyData } from "./toys.js";
import { Trainer } from "./trainer.js";

const COLOURS = ["var(--bn-without)", "var(--bn-with)"];
const TITLES = ["Without BN", "With BN"];
const WORDS = ["without BN", "with BN"];
const POINTS = 256; // of each part of a toy
const GRID_POINTS = 48; // a side, as many as a panel draws
const FRAME = 12; // milliseconds of each frame for training, so that the page stays responsive
const CALM = 400; // milliseconds between pictures for those who asked for little motion
const KEPT = 300; // points of the curves

function render({ model, el }) {
  const names = Object.keys(SETTINGS);
  const read = () => Object.fromEntries(names.map((name) => [name, model.get(name)]));
  const onPage = Boolean(model.ofPage); // only a page has an address of its own
  const digits = unpacked(model.get("digits"));
  let [trainer, curves, playing, changing, drawn] = [null, null, false, false, 0];
  let widths = { panel: 0, chart: 0 };

  const says = announcer();
  const counter = element("p", { class: "bn-counter" });
  const panels = TITLES.map((title, arm) => armPanel(title, COLOURS[arm]));
  const charts = { loss: lineChart({ title: "loss" }), accuracy: lineChart({ title: "accuracy" }) };
  const play = button("Play", () => run(!playing));
  const controls = Object.entries(SETTINGS).map(([name, { label, options }]) => [name, select({
    label, value: read()[name], options: options.map((option) => [option, String(option)]),
    onChange: (text) => change({ [name]: options.find((option) => String(option) === text) }),
  })]);
  const mode = toggle({ label: "use the statistics of the batch (training mode)",
    value: model.get("batch_statistics"),
    onChange: (on) => (model.set("batch_statistics", on), model.save_changes()) });

  /** Set several settings and start anew once. */
  function change(settings) {
    changing = true;
    for (const [name, value] of Object.entries(settings)) model.set(name, value);
    changing = false;
    model.save_changes();
    run(false);
    restart();
  }

  function restart() {
    const settings = read();
    const { data, held } = parts(settings, digits);
    trainer = new Trainer({ ...settings, data, held });
    curves = { steps: [], every: 5, loss: [[], []], accuracy: [[], []] };
    for (const [name, control] of controls) control.set(settings[name]);
    if (onPage && toAddress(settings) !== toAddress(completed()))
      history.replaceState(null, "", toAddress(settings));
    publish();
  }

  function run(on) {
    playing = on;
    play.textContent = on ? "Pause" : "Play";
    play.setAttribute("aria-pressed", String(on));
    if (on) requestAnimationFrame(frame);
    else if (trainer) publish();
  }

  function frame(now) {
    if (!playing || !el.isConnected) return;
    const until = performance.now() + FRAME;
    do advance();
    while (performance.now() < until);
    const pause = matchMedia("(prefers-reduced-motion: reduce)").matches ? CALM : 60;
    if (now - drawn >= pause) {
      drawn = now;
      draw();
    }
    requestAnimationFrame(frame);
  }

  function advance() {
    trainer.advance();
    if (trainer.step % curves.every) return;
    const measured = trainer.measure();
    curves.steps.push(trainer.step);
    measured.forEach(({ loss, accuracy }, arm) => {
      curves.loss[arm].push(loss);
      curves.accuracy[arm].push(accuracy);
    });
    if (curves.steps.length > KEPT) thin(curves);
  }

  /** Draw, and tell Python and those who listen how far the training is. */
  function publish() {
    const measured = draw();
    model.set("step", trainer.step);
    model.set("accuracy", measured.map(({ accuracy }) => accuracy));
    model.save_changes();
    if (trainer.step > 0)
      says.textContent = `After ${trainer.step} steps ${measured.map(({ accuracy }, arm) =>
        `${(100 * accuracy).toFixed(0)} % right ${WORDS[arm]}`).join(", ")}.`;
  }

  function draw() {
    const training = model.get("batch_statistics");
    const measured = trainer.measure(training);
    counter.textContent = `step ${trainer.step}`;
    const regions = trainer.data.features === 2 ? trainer.regions(GRID_POINTS, training) : [];
    if (widths.panel > 0)
      panels.forEach((panel, arm) => panel.show({ width: widths.panel, trainer, arm,
        regions: regions[arm], measured: measured[arm], training }));
    if (widths.chart > 0) drawCharts(charts, curves, widths.chart, trainer.step);
    return measured;
  }

  const lessons = Object.entries(LESSONS).map(([name, { title, settings, text, steps }]) =>
    button(title, () => {
      change(completed(settings));
      says.textContent = `${title}: ${text} Look again after ${steps} steps.`;
      model.set("lesson", name);
      model.save_changes();
      run(true);
    }));
  const step = button("Step", () => (run(false), advance(), publish()));
  const hundred = button("100 steps", () => {
    run(false);
    for (let i = 0; i < 100; i += 1) advance();
    publish();
  });
  const reset = button("Reset", () => (run(false), restart()));
  const group = (label, ...children) =>
    element("div", { class: "bn-controls", role: "group", "aria-label": label }, ...children);
  const sides = element("div", { class: "bn-sides" }, ...panels.map(({ root }) => root));
  const lines = element("div", { class: "bn-sides" }, charts.loss.root, charts.accuracy.root);
  el.classList.add("bn-root");
  el.append(group("Lessons", ...lessons), group("Training", play, step, hundred, reset, counter),
    says, sides, lines, group("Settings", ...controls.map(([, { root }]) => root), mode.root));

  const settingsChanged = () => changing || (run(false), restart());
  for (const name of names) model.on(`change:${name}`, settingsChanged);
  const modeChanged = () => (mode.set(model.get("batch_statistics")), draw());
  model.on("change:batch_statistics", modeChanged);
  const linked = onPage ? fromAddress(location.hash) : null;
  if (linked) change(linked);
  else restart();
  const unwatch = onWidth(panels[0].root, (width) => {
    widths = { panel: width, chart: charts.loss.root.parentElement.clientWidth > 560 ? width : sides.clientWidth };
    draw();
  });
  return () => {
    run(false);
    unwatch();
    for (const name of names) model.off(`change:${name}`, settingsChanged);
    model.off("change:batch_statistics", modeChanged);
  };
}

function drawCharts({ loss, accuracy }, curves, width, step) {
  const x = { domain: [0, Math.max(20, step)], label: "step" };
  const largest = Math.max(1, ...curves.loss.flat().filter((value) => value < 20));
  const shown = (kind) => TITLES.map((name, arm) => ({ name, colour: COLOURS[arm], xs: curves.steps,
    ys: curves[kind][arm], dash: arm ? null : "6 4" }));
  const last = (kind, arm) => curves[kind][arm].at(-1);
  const words = (kind, format) => curves.steps.length
    ? TITLES.map((name, arm) => `${name}: ${format(last(kind, arm))}`).join(", ")
    : "no step yet";
  loss.draw({ width, x, y: { domain: [0, largest], label: "" }, series: shown("loss"),
    label: `Loss on held-out data. ${words("loss", lossText)}` });
  const percent = (share) => `${(100 * share).toFixed(0)} %`;
  accuracy.draw({ width, x, y: { domain: [0, 1], label: "", format: percent }, series: shown("accuracy"),
    label: `Accuracy on held-out data. ${words("accuracy", percent)}` });
}

function thin(curves) {
  const even = (_, index) => index % 2 === 1;
  curves.every *= 2;
  curves.steps = curves.steps.filter(even);
  for (const kind of [curves.loss, curves.accuracy])
    kind.forEach((values, arm) => (kind[arm] = values.filter(even)));
}

function parts({ data, seed }, digits) {
  if (data === "digits") return digits;
  return { data: toyData(data, POINTS, seed), held: toyData(data, POINTS, seed + 100) };
}

/** The digits that Python sent: bytes of pixels from 0 to 16, and labels. */
function unpacked({ pixels, labels, train }) {
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const [shades, answers] = [Float64Array.from(bytes(pixels), (value) => value / 16), bytes(labels)];
  const inputs = shades.map((value) => (value - 0.305) / 0.376); // mean and std of the pixels
  const part = (from, to) => ({ inputs: inputs.slice(from * 64, to * 64), pixels: shades.slice(from * 64, to * 64),
    labels: answers.slice(from, to), features: 64, classes: 10 });
  return { data: part(0, train), held: part(train, answers.length) };
}

export default { render };
