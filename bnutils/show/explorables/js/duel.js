// Two small networks from the same weights and batches, without and with batch normalization,
// trained live for a limited number of steps. The learning rate is all there is to set.

import { announcer, button, element, littleMotion, onWidth, slider } from "./dom.js";
import { duelView, NAMED, reached } from "./duel-view.js";
import { inSlices } from "./slices.js";
import { toyData } from "./toys.js";
import { Trainer } from "./trainer.js";

const FIXED = { depth: 6, width: 16, activation: "relu", batch: 32, scale: 1 };
const TOY = "spirals";
const POINTS = 192; // of each part of the data
const RATES = [0.01, 0.03, 0.1, 0.3, 1, 3];
const STEPS = 400; // of one run
const MEASURED = 10; // steps between two points of the curves, and between two pictures
const CELLS = 32; // a side of the regions
const BAND = 4; // rows of the regions that are asked for at once
const SHARE_SEEN = 0.4; // of the figure, from which it plays on its own
const SEEDS = 99;

function render({ model, el }) {
  const calm = littleMotion();
  const view = duelView(STEPS);
  let [trainer, curves, measured, classes, end, width] = [null, null, null, null, null, 0];

  const play = button("Play", () => (end ? stop() : run()), "bn-primary");
  const other = button("New seed", () => change("seed", (model.get("seed") % SEEDS) + 1));
  const rate = slider({ label: "learning rate", min: 0, max: RATES.length - 1, step: 1, value: 0,
    format: (index) => String(RATES[index]), onInput: (index) => change("lr", RATES[index]) });
  const counter = element("p", { class: "bn-counter" });
  const says = announcer();
  const buttons = element("div", { class: "bn-control" }, play, other, counter);
  el.classList.add("bn-root", "bn-duel");
  el.append(element("div", { class: "bn-controls", role: "group", "aria-label": "Training" },
    rate.root, buttons), view.root, says);

  function change(name, value) {
    model.set(name, value);
    model.save_changes();
  }

  function restart() {
    halt();
    const [lr, seed] = [model.get("lr"), model.get("seed")];
    const [data, held] = [seed, seed + 100].map((from) => toyData(TOY, POINTS, from));
    trainer = new Trainer({ ...FIXED, lr, seed, data, held });
    measured = [];
    curves = { xs: [], ys: NAMED.map(() => []) };
    classes = NAMED.map(() => new Uint8Array(CELLS * CELLS));
    rate.set(nearest(lr));
    rate.input.nextElementSibling.textContent = String(lr); // Python may set one between two marks
  }

  /** Train up to a step; `quiet` draws no picture before the last. */
  function run(goal = STEPS, quiet = calm) {
    if (trainer.step >= goal) restart();
    halt();
    end = inSlices(training(goal, quiet), stop);
    play.textContent = "Pause";
  }

  function halt() {
    end?.();
    end = null;
  }

  /** Stop, and tell Python and those who listen how far the training is. */
  function stop() {
    halt();
    for (const part of measuring()) void part; // at this very step
    show();
    play.textContent = trainer.step < STEPS ? "Play" : "Play again";
    change("step", trainer.step);
    change("accuracy", measured.map(({ accuracy }) => accuracy));
    const found = NAMED.map((name, arm) => `${reached(measured[arm])} ${name}`).join(", ");
    says.textContent = `After ${trainer.step} steps at learning rate ${trainer.lr}: ${found}.`;
  }

  function* first() {
    yield* measuring();
    yield* picture();
  }

  function* training(goal, quiet) {
    if (trainer.step === 0) yield* quiet ? measuring() : first();
    while (trainer.step < goal) {
      trainer.advance();
      yield;
      if (trainer.step % MEASURED && trainer.step < goal) continue;
      yield* measuring();
      if (!quiet) yield* picture();
    }
    yield* picture();
  }

  function* measuring() {
    if (curves.xs.at(-1) === trainer.step) return;
    const found = [];
    for (const arm of NAMED.keys()) {
      found.push(trainer.measureArm(arm));
      yield;
    }
    measured = found;
    curves.xs.push(trainer.step);
    measured.forEach(({ accuracy }, arm) => curves.ys[arm].push(accuracy));
  }

  function* picture() {
    for (const arm of NAMED.keys()) {
      for (let row = 0; row < CELLS; row += BAND) {
        classes[arm].set(trainer.regionRows(arm, CELLS, [row, row + BAND]), row * CELLS);
        yield;
      }
      view.paint(arm, classes[arm], trainer.data);
      yield true;
    }
    show();
    yield true;
  }

  function show() {
    counter.textContent = `step ${trainer.step}`;
    view.show({ width, step: trainer.step, curves, measured });
  }

  const anew = () => (restart(), run());
  const sought = () => {
    const goal = model.get("step");
    if (goal === trainer.step) return;
    if (goal < trainer.step) restart();
    run(goal, true);
  };
  const heard = { lr: anew, seed: anew, step: sought };
  for (const [name, call] of Object.entries(heard)) model.on(`change:${name}`, call);
  restart();
  if (model.get("step") > 0) run(model.get("step"), true);
  else end = inSlices(first(), halt);
  const seen = new IntersectionObserver((entries) => {
    if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
    seen.disconnect();
    if (trainer.step === 0) run();
  }, { threshold: SHARE_SEEN });
  if (!calm) seen.observe(el);
  const unwatch = onWidth(view.lines, (pixels) => {
    width = pixels;
    show();
  });
  return () => {
    halt();
    seen.disconnect();
    unwatch();
    for (const [name, call] of Object.entries(heard)) model.off(`change:${name}`, call);
  };
}

function nearest(lr) {
  const distance = (rate) => Math.abs(Math.log(rate / lr));
  return RATES.reduce((best, rate, index) => (distance(rate) < distance(RATES[best]) ? index : best), 0);
}

export default { render };
