// Two-dimensional data sets of points in [-1, 1]², each of two or three classes.

import { normalStream, uniformStream } from "./random.js";

const NOISE = 0.06;

const SHAPES = {
  /** A disc in a ring. */
  circles(index, uniform) {
    const label = index % 2;
    const [angle, radius] = [2 * Math.PI * uniform(), label ? 0.75 : 0.35 * Math.sqrt(uniform())];
    return [radius * Math.cos(angle), radius * Math.sin(angle), label];
  },
  /** Opposite quarters belong together. */
  quarters(index, uniform) {
    const [x, y] = [0.12 + 0.8 * uniform(), 0.12 + 0.8 * uniform()];
    const [right, up] = [index % 2, Math.floor(index / 2) % 2];
    return [right ? x : -x, up ? y : -y, right ^ up];
  },
  /** Three arms that wind around each other. */
  spirals(index, uniform) {
    const label = index % 3;
    const along = uniform();
    const angle = 3.4 * along + (2 * Math.PI * label) / 3;
    const radius = 0.1 + 0.8 * along;
    return [radius * Math.cos(angle), radius * Math.sin(angle), label];
  },
  /** Two half moons. */
  moons(index, uniform) {
    const label = index % 2;
    const angle = Math.PI * uniform();
    const [x, y] = [0.55 * Math.cos(angle), 0.55 * Math.sin(angle)];
    return label ? [x + 0.25, 0.2 - y, 1] : [x - 0.25, y - 0.2, 0];
  },
};

export const TOYS = Object.keys(SHAPES);

/** `count` points: inputs [count·2], labels [count], and how many classes there are. */
export function toyData(name, count, seed) {
  const [uniform, normal] = [uniformStream(seed), normalStream(seed + 1)];
  const inputs = new Float64Array(2 * count);
  const labels = new Uint8Array(count);
  for (let index = 0; index < count; index += 1) {
    const [x, y, label] = SHAPES[name](index, uniform);
    inputs[2 * index] = x + NOISE * normal();
    inputs[2 * index + 1] = y + NOISE * normal();
    labels[index] = label;
  }
  return { inputs, labels, features: 2, classes: Math.max(...labels) + 1 };
}
