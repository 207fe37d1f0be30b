// Two networks trained live, side by side: the same weights and batches, without and with
// batch normalization.

import { dataSource } from "./data-source.js";
import { announcer, button, element, littleMotion, onWidth, select, setAttributes, toggle } from "./dom.js";
import { completed, fromAddress, keepInAddress, lessonOf, LESSONS, same, SETTINGS } from "./lessons.js";
import { percent } from "./looks.js";
import { traits } from "./model.js";
import { session } from "./session.js";
import { sideBySide } from "./side-by-side.js";

const OF_ARMS = ["without BN", "with BN"];
const POINTS = 256; // of each part of a toy
const STEPS = 400; // of a training that begins on its own, where no lesson names them
const WIDE = 900; // pixels, from which on the settings stand beside the networks
const SHARE_OF_FIGURE = 0.3; // that is seen when it begins

function render({ model, el }) {
  const { read, listen } = traits(model, Object.keys(SETTINGS));
  const [mode, chosen] = [["batch_statistics"], ["lesson"]].map((names) => traits(model, names));
  const onPage = Boolean(model.ofPage); // only a page has an address of its own
  let [parts, changing, step] = [null, false, 0];

  const says = announcer();
  const told = element("p", { class: "bn-lesson" });
  const counter = element("p", { class: "bn-counter" });
  const view = sideBySide();
  const training = session({ counted, drawn });
  const play = button("Play", () => (training.busy ? pause() : run()), "bn-primary bn-play");
  const controls = Object.entries(SETTINGS).map(([name, { label, options }]) => [name, select({
    label, value: read()[name], options: options.map((option) => [option, String(option)]),
    onChange: (text) => change({ [name]: options.find((option) => String(option) === text) }),
  })]);
  const statistics = toggle({ label: "measure by the statistics of the batch (training mode)",
    value: model.get("batch_statistics"), onChange: (on) => mode.write({ batch_statistics: on }) });
  const lessons = Object.entries(LESSONS).map(([name, { title, settings, steps }]) => [name,
    button(title, () => (change(completed(settings), []), run(steps)))]);

  /** Set several settings and start anew once; what trained goes on with them. */
  function change(settings, unknown = []) {
    const again = training.busy;
    changing = true;
    for (const [name, value] of Object.entries(settings)) model.set(name, value);
    changing = false;
    restart(unknown);
    if (again) run();
  }

  function restart(unknown = []) {
    const settings = read();
    const digits = settings.data === "digits" ? model.get("digits") : null;
    parts = dataSource(digits, POINTS)(settings);
    training.tell({ kind: "start", settings, digits, points: POINTS, training: model.get("batch_statistics") });
    counted(0);
    play.textContent = "Play";
    for (const [name, control] of controls) control.set(settings[name]);
    const lesson = lessonOf(settings);
    for (const [name, root] of lessons) setAttributes(root, { "aria-pressed": String(name === lesson) });
    told.textContent = (unknown.length ? `In the address: ${unknown.join("; ")}. ` : "") +
      (lesson ? LESSONS[lesson].text : "Settings of your own: the address of the page keeps them.");
    says.textContent = "";
    if (onPage && !unknown.length) keepInAddress(settings);
    model.set("lesson", lesson);
  }

  /** Train until a step is reached, or until the reader pauses. */
  function run(goal = Infinity) {
    training.tell({ kind: "run", goal, calm: littleMotion() });
    play.textContent = "Pause";
  }

  function pause() {
    training.tell({ kind: "pause" });
    play.textContent = "Play";
  }

  function counted(now) {
    step = now;
    counter.textContent = `step ${now}`;
  }

  function drawn(report) {
    counted(report.step);
    view.show(report, parts);
    if (!report.ended) return;
    play.textContent = "Play";
    publish(report.measured.map(({ accuracy }) => accuracy));
  }

  /** Tell Python and those who listen how far the training is. */
  function publish(accuracy) {
    model.set("step", step);
    model.set("accuracy", accuracy);
    model.save_changes();
    const each = accuracy.map((share, arm) => `${percent(share)} right ${OF_ARMS[arm]}`).join(", ");
    says.textContent = step > 0 ? `After ${step} step${step === 1 ? "" : "s"} ${each}.` : "";
  }

  const group = (label, look, ...children) =>
    element("div", { class: `bn-controls bn-buttons ${look}`, role: "group", "aria-label": label }, ...children);
  const settings = element("div", { class: "bn-settings", role: "group", "aria-label": "Settings" },
    ...controls.map(([, { root }]) => root));
  const folded = element("details", { class: "bn-folded" }, element("summary", {}, "Settings"), settings, statistics.root);
  const bar = group("Training", "bn-bar", play, button("Step", () => run(step + 1)),
    button("100 steps", () => run(step + 100), "bn-hundred"), button("Reset", () => restart()), counter);
  el.classList.add("bn-root", "bn-playground");
  el.append(element("div", { class: "bn-room" }, group("Lessons", "bn-lessons", ...lessons.map(([, root]) => root)), told, bar, folded, says, ...view.roots));

  const lessonChanged = () => {
    const wanted = LESSONS[model.get("lesson")];
    if (wanted && !same(completed(wanted.settings), read())) change(completed(wanted.settings));
  };
  const begin = () => run(LESSONS[model.get("lesson")]?.steps ?? STEPS);
  const follow = () => {
    const linked = fromAddress(location.hash);
    if (!linked || (same(linked.settings, read()) && !linked.unknown.length)) return;
    change(linked.settings, linked.unknown);
    begin();
  };
  const linked = onPage ? fromAddress(location.hash) : null;
  change(linked?.settings ?? completed(LESSONS[model.get("lesson")]?.settings ?? read()), linked?.unknown);
  const seen = new IntersectionObserver((entries) => {
    if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
    seen.disconnect();
    if (step === 0 && !training.busy) begin();
  }, { threshold: SHARE_OF_FIGURE });
  if (onPage) seen.observe(view.roots[0]);
  const ends = [() => training.end(), () => seen.disconnect(), () => removeEventListener("hashchange", follow),
    listen(() => changing || restart()), chosen.listen(lessonChanged),
    mode.listen(() => (statistics.set(model.get("batch_statistics")),
      training.tell({ kind: "look", training: model.get("batch_statistics") }))),
    onWidth(el, (width) => (folded.open = width >= WIDE)), ...view.watch()];
  if (onPage) addEventListener("hashchange", follow);
  return () => ends.forEach((end) => end());
}

export default { render };
