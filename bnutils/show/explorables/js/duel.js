// Two small networks from the same weights and batches, without and with batch normalization,
// trained live for a limited number of steps. One setting, the knob, is the reader's.

import { dataSource } from "./data-source.js";
import { announcer, button, element, littleMotion, slider } from "./dom.js";
import { duelView, NAMED, reached, seenWords } from "./duel-view.js";
import { SETTINGS, toAddress } from "./lessons.js";
import { traits } from "./model.js";
import { session } from "./session.js";

const POINTS = 192; // of each part of the data
const SHARE_SEEN = 0.4; // of the figure, from which it plays on its own
const SEEDS = 99;

function render({ model, el }) {
  const { read } = traits(model, Object.keys(SETTINGS));
  const [steps, knob] = [model.get("steps"), model.get("knob")];
  const { label, options } = SETTINGS[knob];
  const view = duelView(steps);
  const training = session({ counted, drawn });
  let [step, told, parts] = [0, 0, null]; // told: the last step that Python knows of

  const play = button("Play", () => (training.busy ? pause() : run()), "bn-primary bn-play");
  const other = button("New seed", () => change("seed", (model.get("seed") % SEEDS) + 1));
  const turned = slider({ label, min: 0, max: options.length - 1, step: 1, value: 0,
    format: (index) => String(options[index]), onInput: (index) => change(knob, options[index]) });
  const counter = element("p", { class: "bn-counter" });
  const says = announcer();
  const more = link();
  el.classList.add("bn-root", "bn-duel");
  el.append(element("div", { class: "bn-controls", role: "group", "aria-label": "Training" },
    turned.root, element("div", { class: "bn-control" }, play, other, counter)), view.root, says, more);

  /** A way to the playground with the same settings, on pages that have one. */
  function link() {
    const root = document.documentElement.dataset.content_root;
    if (root === undefined) return "";
    return element("p", { class: "bn-more" }, element("a", { href: `${root}book/playground.html` }, "All settings, and what happens inside"));
  }

  function change(name, value) {
    model.set(name, value);
    model.save_changes();
  }

  function restart() {
    const settings = read();
    parts = dataSource(null, POINTS)(settings);
    training.tell({ kind: "start", settings, points: POINTS, digits: null });
    counted(0);
    says.textContent = "";
    turned.set(nearest(options, settings[knob]));
    turned.input.nextElementSibling.textContent = String(settings[knob]); // Python may set one between two marks
    if (more) more.firstChild.hash = toAddress(settings);
  }

  /** Train up to a step; `calm` draws next to nothing before the last. */
  function run(goal = steps, calm = littleMotion()) {
    if (step >= goal) restart();
    training.tell({ kind: "run", goal, calm });
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
    view.show(report, parts.data);
    if (!report.ended || step === 0) return;
    const { measured } = report;
    play.textContent = step < steps ? "Play" : "Play again";
    told = step; // so that the change is not taken for a wish
    change("step", step);
    change("accuracy", measured.map(({ accuracy }) => accuracy));
    const found = NAMED.map((name, arm) => `${reached(measured[arm])} ${name}`).join(", ");
    says.textContent = `After ${step} steps at ${label} ${read()[knob]}: ${found}. ${step < steps ? "" : seenWords(measured, label)}`;
  }

  const anew = () => (restart(), run());
  const sought = () => {
    const goal = model.get("step");
    if (goal === told) return;
    if (goal < step) restart();
    told = goal;
    run(goal, true);
  };
  const heard = { ...Object.fromEntries(Object.keys(SETTINGS).map((name) => [name, anew])), step: sought };
  for (const [name, call] of Object.entries(heard)) model.on(`change:${name}`, call);
  restart();
  if (model.get("step") > 0) sought();
  else if (littleMotion()) run();
  const idle = window.requestIdleCallback ?? setTimeout;
  const seen = new IntersectionObserver((entries) => {
    if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
    seen.disconnect();
    idle(() => step === 0 && !training.busy && run()); // the page first
  }, { threshold: SHARE_SEEN });
  seen.observe(el);
  const unwatch = view.watch();
  return () => {
    training.end();
    seen.disconnect();
    unwatch();
    for (const [name, call] of Object.entries(heard)) model.off(`change:${name}`, call);
  };
}

function nearest(options, value) {
  const distance = (option) => Math.abs(Math.log(option / value));
  return options.reduce((best, option, index) => (distance(option) < distance(options[best]) ? index : best), 0);
}

export default { render };
