// Trains where it is told to: in a worker, or in the page where workers are refused.
//
// It is told, by messages, to `start` with settings, to `run` up to a step, to `pause`, to `look`
// in a mode, and that a picture was `shown`. It reports `counts`, and `pictures`: all that there
// is to see. A report has the turn of the start it belongs to.

import { Curves } from "./curves.js";
import { dataSource } from "./data-source.js";
import { gridPoints, Trainer } from "./trainer.js";

const [FINE, COARSE] = [48, 24]; // points a side at which networks at rest and in training are asked
const DRAWN = 240; // points of the training data that are drawn
export const IMAGES = 36; // images of digits that are shown
const SLICE = 14; // milliseconds of training between two looks at the messages
const REST = 4; // milliseconds
const [LIVELY, CALM, LATEST] = [50, 1000, 500]; // milliseconds from picture to picture; CALM for little motion
const [FEWEST, SHARE] = [8, 1 / 12]; // steps from picture to picture: so many at first, then a share of all

/** A function that takes messages; `later` calls after some milliseconds. */
export function workshop(report, later) {
  let [trainer, curves, turn, training, run] = [null, null, 0, false, null];

  const measured = () => trainer.measure(training);

  function advance() {
    trainer.advance();
    if (curves.due(trainer.step)) curves.add(trainer.step, trainer.measure());
  }

  /** What there is to see of an arm. */
  function seen(arm, n) {
    const { data, held } = trainer;
    const flat = data.features === 2;
    return {
      n,
      shares: flat ? trainer.shares(arm, gridPoints(n), n * n, training) : trainer.shares(arm, held.inputs, IMAGES, training),
      answers: flat ? trainer.answers(arm, data.inputs, Math.min(DRAWN, data.labels.length), training) : null,
      layers: trainer.layers(arm),
    };
  }

  function picture() {
    const { steps, loss, accuracy } = curves;
    const n = run ? COARSE : FINE;
    report({ kind: "picture", turn, step: trainer.step, ended: !run, measured: measured(),
      curves: { steps, loss, accuracy }, arms: [0, 1].map((arm) => seen(arm, n)) });
  }

  function rest() {
    run = null;
    picture();
  }

  /** Train for a while, no further than is to be seen by then, and report. */
  function slice(mine) {
    if (run !== mine) return;
    const { goal, calm } = run;
    const began = performance.now();
    const stride = Math.max(FEWEST, run.from * SHARE);
    const bound = calm ? goal : Math.min(goal, Math.ceil(run.from + stride * Math.min(1, (began - run.drawn) / LIVELY)));
    const before = trainer.step;
    while (trainer.step < bound && performance.now() - began < SLICE) advance();
    if (trainer.step >= goal) return rest();
    if (run.shown && performance.now() - run.drawn >= run.pause) {
      const start = performance.now();
      picture();
      const drawn = performance.now();
      Object.assign(run, { drawn, from: trainer.step, shown: false, pause: calm ? CALM : Math.min(LATEST, Math.max(LIVELY, drawn - start)) });
    } else if (!calm && trainer.step > before) report({ kind: "count", turn, step: trainer.step });
    later(() => slice(mine), trainer.step < bound ? 0 : REST);
  }

  const told = {
    start({ settings, points, digits }) {
      trainer = new Trainer({ ...settings, ...dataSource(digits, points)(settings) });
      curves = new Curves();
      curves.add(0, trainer.measure());
      rest();
    },
    run({ goal, calm }) {
      if (trainer.step >= goal) return rest();
      run = { goal, calm, from: trainer.step, drawn: performance.now(), pause: calm ? CALM : LIVELY, shown: true };
      slice(run);
    },
    shown: () => run && (run.shown = true),
    pause: () => run && rest(),
    look: () => (run ? null : picture()),
  };
  return (message) => {
    turn = message.turn;
    training = message.training ?? training;
    told[message.kind](message);
  };
}

if (typeof document === "undefined" && typeof postMessage === "function") {
  const receive = workshop((report) => postMessage(report), setTimeout);
  addEventListener("message", ({ data }) => receive(data));
}
