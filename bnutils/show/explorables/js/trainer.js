// Two networks that differ in nothing but the normalization, trained on the same batches.

import { crossEntropy, softmax, winners } from "./cross-entropy.js";
import { createNetwork, insides, lookAtStep, predict, trainStep } from "./network.js";
import { shuffle, uniformStream } from "./random.js";

const ARMS = ["without", "with"];
const BINS = 41;
export const SPAN = 4; // histograms of pre-activations run from -SPAN to SPAN

/**
 * A training of both arms with the settings of a lesson.
 *
 * `data` holds training inputs, labels, features and classes, and `held` the same for validation.
 */
export class Trainer {
  constructor({ data, held, depth, width, activation, lr, batch, scale, seed }) {
    Object.assign(this, { data, held, lr, batch, step: 0 });
    const sizes = [data.features, ...Array(depth).fill(width), data.classes];
    this.networks = ARMS.map((arm) => createNetwork({ sizes, activation, norm: arm === "with", seed, scale }));
    this.uniform = uniformStream(seed + 7);
    this.weights = sizes.slice(1).reduce((sum, outputs, at) => sum + outputs * sizes[at], 0); // of one arm
    this.order = new Uint16Array(data.labels.length);
    this.used = this.order.length; // samples of the order that batches have had
    this.inputs = new Float64Array(batch * data.features); // [B, features]
    this.labels = new Uint8Array(batch);
    this.unused = new Float64Array(held.labels.length * data.classes); // gradients that nobody asks for
    this.load(); // so that there is something to see before the first step
    for (const network of this.networks) lookAtStep(network, this.inputs, this.labels, batch);
  }

  /** Put the next batch where the networks read it. */
  load() {
    const { data: { features, inputs, labels }, batch, order } = this;
    if (order.length - this.used < batch) {
      shuffle(order, this.uniform);
      this.used = 0;
    }
    for (let row = 0; row < batch; row += 1) {
      const sample = order[this.used + row];
      this.labels[row] = labels[sample];
      for (let k = 0; k < features; k += 1) this.inputs[row * features + k] = inputs[sample * features + k];
    }
  }

  /** One step of both networks on one batch. */
  advance() {
    this.load();
    this.used += this.batch;
    for (const network of this.networks) trainStep(network, this.inputs, this.labels, this.batch, this.lr);
    this.step += 1;
  }

  /** Loss and accuracy of each arm on the validation part, in training or evaluation mode. */
  measure(training = false) {
    const { held: { inputs, labels }, data: { classes } } = this;
    return this.networks.map((network) =>
      crossEntropy(predict(network, inputs, labels.length, training), labels, labels.length, classes, this.unused));
  }

  /** Probabilities [count, classes] that an arm gives to points, or to the first so many of them. */
  shares(arm, inputs, count, training = false) {
    const { features, classes } = this.data;
    return softmax(predict(this.networks[arm], inputs.subarray(0, count * features), count, training), count, classes);
  }

  /** What an arm answers; 255 where it diverged. */
  answers(arm, inputs, count, training = false) {
    return winners(this.shares(arm, inputs, count, training), count, this.data.classes);
  }

  /** Of each hidden layer of an arm: shares of what reached the nonlinearity, and the gradient's norm. */
  layers(arm) {
    return insides(this.networks[arm], this.batch).map(({ before, gradient }) =>
      ({ shares: histogram(before), norm: Math.sqrt(gradient.reduce((sum, g) => sum + g * g, 0)) }));
  }
}

/** Shares [bins] of values, of which those beyond the ends count there. */
function histogram(values) {
  const shares = new Float64Array(BINS);
  for (const value of values) {
    const at = Math.floor(((value + SPAN) / (2 * SPAN)) * BINS);
    shares[Math.min(BINS - 1, Math.max(0, Number.isFinite(at) ? at : 0))] += 1 / values.length;
  }
  return shares;
}

/** The points [n·n, 2] of a grid over [-1, 1]², in rows from the top. */
export function gridPoints(n) {
  const points = new Float64Array(2 * n * n);
  for (let at = 0; at < n * n; at += 1) {
    points[2 * at] = (2 * (at % n)) / (n - 1) - 1;
    points[2 * at + 1] = 1 - (2 * Math.floor(at / n)) / (n - 1);
  }
  return points;
}
