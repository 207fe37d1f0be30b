// Two networks trained live, side by side: the same weights and batches, without and with
// batch normalization.

import { Curves } from "./curves.js";
import { dataSource } from "./data-source.js";
import { announcer, button, element, littleMotion, select, setAttributes, toggle } from "./dom.js";
import { completed, fromAddress, keepInAddress, lessonOf, LESSONS, same, SETTINGS } from "./lessons.js";
import { percent } from "./looks.js";
import { traits } from "./model.js";
import { sideBySide } from "./side-by-side.js";
import { inSlices } from "./slices.js";
import { Trainer } from "./trainer.js";

const WORDS = ["without BN", "with BN"];
const [FINE, COARSE] = [48, 24]; // points a side at which the classes are asked for
const LARGE = 4000; // weights, from which on the pictures of a running training are coarse
const SLICE = 12; // milliseconds of each frame for training
const [LIVELY, CALM] = [60, 1000]; // milliseconds between two pictures, CALM for little motion

function render({ model, el }) {
  const { read, listen } = traits(model, Object.keys(SETTINGS));
  const [mode, chosen] = [["batch_statistics"], ["lesson"]].map((names) => traits(model, names));
  const onPage = Boolean(model.ofPage); // only a page has an address of its own
  const dataOf = dataSource(model.get("digits"));
  let [trainer, curves, changing, end] = [null, null, false, null]; // end stops the training

  const says = announcer();
  const told = element("p", { class: "bn-lesson" });
  const counter = element("p", { class: "bn-counter" });
  const view = sideBySide();
  const play = button("Play", () => (end ? stop() : run()), "bn-primary");
  const controls = Object.entries(SETTINGS).map(([name, { label, options }]) => [name, select({
    label, value: read()[name], options: options.map((option) => [option, String(option)]),
    onChange: (text) => change({ [name]: options.find((option) => String(option) === text) }),
  })]);
  const statistics = toggle({ label: "measure by the statistics of the batch (training mode)",
    value: model.get("batch_statistics"), onChange: (on) => mode.write({ batch_statistics: on }) });
  const lessons = Object.entries(LESSONS).map(([name, { title, settings, steps }]) => [name,
    button(title, () => (change(completed(settings)), run(steps)))]);

  /** Set several settings and start anew once. */
  function change(settings) {
    changing = true;
    for (const [name, value] of Object.entries(settings)) model.set(name, value);
    changing = false;
    restart();
  }

  function restart() {
    halt();
    const settings = read();
    trainer = new Trainer({ ...settings, ...dataOf(settings) });
    curves = new Curves();
    for (const [name, control] of controls) control.set(settings[name]);
    const lesson = lessonOf(settings);
    for (const [name, root] of lessons) setAttributes(root, { "aria-pressed": String(name === lesson) });
    told.textContent = lesson ? LESSONS[lesson].text : "Settings of your own: the address of the page keeps them.";
    says.textContent = "";
    if (onPage) keepInAddress(settings);
    model.set("lesson", lesson);
    publish();
  }

  /** Train until a step is reached, or until the reader pauses. */
  function run(goal = Infinity) {
    halt();
    end = inSlices(training(goal), stop, SLICE);
    play.textContent = "Pause";
  }

  function halt() {
    end?.();
    end = null;
    play.textContent = "Play";
  }

  const stop = () => (halt(), publish());

  /** Steps, and pictures; those that take long come less often, so that the steps go on. */
  function* training(goal) {
    let [drawn, pause] = [performance.now(), LIVELY];
    while (el.isConnected && trainer.step < goal) {
      advance();
      yield;
      const since = performance.now();
      if (since - drawn < pause) continue;
      yield* picture();
      drawn = performance.now();
      pause = Math.max(littleMotion() ? CALM : LIVELY, 2 * (drawn - since));
    }
  }

  function advance() {
    trainer.advance();
    if (curves.due(trainer.step)) curves.add(trainer.step, trainer.measure());
  }

  /** Draw, and tell Python and those who listen how far the training is. */
  function publish() {
    const measured = draw();
    model.set("step", trainer.step);
    model.set("accuracy", measured.map(({ accuracy }) => accuracy));
    model.save_changes();
    if (trainer.step > 0)
      says.textContent = `After ${trainer.step} step${trainer.step === 1 ? "" : "s"} ${measured.map(({ accuracy }, arm) =>
        `${percent(accuracy)} right ${WORDS[arm]}`).join(", ")}.`;
  }

  function picture() {
    counter.textContent = `step ${trainer.step}`;
    const points = end && trainer.weights > LARGE ? COARSE : FINE;
    return view.picture({ trainer, curves, points, training: model.get("batch_statistics") });
  }

  function draw() {
    const parts = picture();
    for (;;) {
      const { done, value } = parts.next();
      if (done) return value;
    }
  }

  const step = button("Step", () => (halt(), advance(), publish()));
  const hundred = button("100 steps", () => run(trainer.step + 100));
  const reset = button("Reset", restart);
  const group = (label, ...children) =>
    element("div", { class: "bn-controls bn-buttons", role: "group", "aria-label": label }, ...children);
  const settings = element("div", { class: "bn-settings", role: "group", "aria-label": "Settings" },
    ...controls.map(([, { root }]) => root));
  el.classList.add("bn-root");
  el.append(group("Lessons", ...lessons.map(([, root]) => root)), told, settings,
    group("Training", play, step, hundred, reset, counter, statistics.root), says, ...view.roots);

  const lessonChanged = () => {
    const wanted = LESSONS[model.get("lesson")];
    if (wanted && !same(completed(wanted.settings), read())) change(completed(wanted.settings));
  };
  const follow = () => {
    const linked = fromAddress(location.hash);
    if (linked && !same(linked, read())) change(linked);
  };
  const first = (onPage && fromAddress(location.hash)) || completed(LESSONS[model.get("lesson")]?.settings ?? read());
  change(first);
  const ends = [halt, () => removeEventListener("hashchange", follow),
    listen(() => changing || restart()), chosen.listen(lessonChanged),
    mode.listen(() => (statistics.set(model.get("batch_statistics")), draw()))];
  if (onPage) addEventListener("hashchange", follow);
  ends.push(view.watch(draw));
  return () => ends.forEach((end) => end());
}

export default { render };
