// What the playground can be set to, the lessons, and settings as part of an address.

import { TOYS } from "./toys.js";

export const SETTINGS = {
  data: { label: "data", options: [...TOYS, "digits"], value: "circles" },
  depth: { label: "hidden layers", options: [1, 2, 3, 4, 6, 8, 10], value: 4 },
  width: { label: "units per layer", options: [4, 8, 16, 32], value: 16 },
  activation: { label: "activation", options: ["relu", "tanh", "sigmoid"], value: "relu" },
  lr: { label: "learning rate", options: [0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10], value: 0.1 },
  batch: { label: "batch size", options: [2, 4, 8, 16, 32, 64, 128], value: 32 },
  scale: { label: "initial scale", options: [0.01, 0.05, 0.2, 0.5, 1, 2, 5], value: 1 },
  seed: { label: "seed", options: [1, 2, 3, 4, 5, 6, 7, 8, 9], value: 1 },
};

/**
 * Lessons: settings, the steps after which the text can be checked, and `margin`, by how many
 * points the accuracy with batch normalization is then above the other (below, where negative).
 */
export const LESSONS = {
  calm: {
    title: "An easy case",
    settings: {},
    steps: 400,
    margin: null,
    text: "A shallow problem, a well chosen start and learning rate: both networks learn it. " +
      "Batch normalization is no magic; it shows where things are hard.",
  },
  rate: {
    title: "Raise the learning rate",
    settings: { data: "spirals", depth: 6, lr: 1 },
    steps: 400,
    margin: 40,
    text: "At this learning rate the network without batch normalization is thrown off in its " +
      "first steps. With it, larger weights mean smaller steps, and training goes on.",
  },
  start: {
    title: "Bad initialization",
    settings: { activation: "tanh", lr: 0.3, scale: 0.05 },
    steps: 400,
    margin: 20,
    text: "The weights start twenty times too small, so that signal and gradient fade from layer " +
      "to layer. Normalization brings each layer back to scale.",
  },
  two: {
    title: "Batch of two",
    settings: { batch: 2, depth: 6 },
    steps: 1200,
    margin: -20,
    text: "Of two samples, normalization keeps only which is the larger. Here batch " +
      "normalization loses, in evaluation and in training mode.",
  },
  deep: {
    title: "Too deep",
    settings: { depth: 10, activation: "sigmoid", lr: 0.3 },
    steps: 600,
    margin: 20,
    text: "Ten layers of sigmoids: without normalization next to nothing reaches the first " +
      "layers, as the gradients by layer show.",
  },
};

/** The settings that all start with, with those given in their place. */
export function completed(settings = {}) {
  const start = Object.entries(SETTINGS).map(([name, { value }]) => [name, value]);
  return { ...Object.fromEntries(start), ...settings };
}

/** Whether two settings are the same. */
export const same = (one, other) => Object.keys(SETTINGS).every((name) => one[name] === other[name]);

/** The name of the lesson that settings belong to, empty where there is none. */
export function lessonOf(settings) {
  const of = ([, lesson]) => same(completed(lesson.settings), settings);
  return Object.entries(LESSONS).find(of)?.[0] ?? "";
}

const MARK = "#play?";

/** The part of an address that holds what differs from the start. */
export function toAddress(settings) {
  const start = completed();
  const changed = Object.keys(start).filter((name) => settings[name] !== start[name]);
  return MARK + new URLSearchParams(changed.map((name) => [name, settings[name]]));
}

/**
 * The settings in an address, null where it holds none, and words on each part of it that is no
 * setting or no option of one; the start stands in for those.
 */
export function fromAddress(hash) {
  if (!hash.startsWith(MARK)) return null;
  const [found, unknown] = [{}, []];
  for (const [name, text] of new URLSearchParams(hash.slice(MARK.length))) {
    const setting = SETTINGS[name];
    const option = setting?.options.find((value) => String(value) === text);
    if (option !== undefined) found[name] = option;
    else if (setting) unknown.push(`${setting.label} ${text} is no option, ${setting.value} stands in for it`);
    else unknown.push(`there is no setting ${name}`);
  }
  return { settings: completed(found), unknown };
}

/** Let the address say what is set; a page as it starts keeps the address it has. */
export function keepInAddress(settings) {
  if (!same(settings, completed()) || location.hash.startsWith(MARK))
    history.replaceState(history.state, "", toAddress(settings));
}
