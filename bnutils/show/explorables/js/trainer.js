// Two networks that differ in nothing but the normalization, trained on the same batches.

import { crossEntropy } from "./cross-entropy.js";
import { createNetwork, predict, trainStep } from "./network.js";
import { permutation, uniformStream } from "./random.js";

export const ARMS = ["without", "with"];
const BINS = 41;
const SPAN = 4; // histograms of pre-activations run from -SPAN to SPAN

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
    this.waiting = [];
    this.last = null; // what the last step left behind, for each arm
  }

  /** One step of both networks on one batch. */
  advance() {
    const { data, batch } = this;
    if (this.waiting.length < batch) this.waiting = permutation(data.labels.length, this.uniform);
    const chosen = this.waiting.splice(0, batch);
    const inputs = new Float64Array(batch * data.features); // [B, features]
    chosen.forEach((sample, row) => {
      const from = sample * data.features;
      inputs.set(data.inputs.subarray(from, from + data.features), row * data.features);
    });
    const labels = chosen.map((sample) => data.labels[sample]);
    this.last = this.networks.map((network) => trainStep(network, inputs, labels, batch, this.lr));
    this.step += 1;
  }

  /** Loss and accuracy of each arm on the validation part, in training or evaluation mode. */
  measure(training = false) {
    return ARMS.map((_, arm) => this.measureArm(arm, training));
  }

  measureArm(arm, training = false) {
    const { inputs, labels } = this.held;
    const logits = predict(this.networks[arm], inputs, labels.length, training);
    const { loss, accuracy } = crossEntropy(logits, labels, labels.length);
    return { loss, accuracy };
  }

  /** The class that each arm predicts at the points of a grid [n, n] over [-1, 1]², row by row. */
  regions(n, training = false) {
    return ARMS.map((_, arm) => this.regionRows(arm, n, [0, n], training));
  }

  /** The same for one arm and some rows, from the first of `rows` to before the second. */
  regionRows(arm, n, [first, end], training = false) {
    const count = (end - first) * n;
    const grid = new Float64Array(2 * count);
    for (let at = 0; at < count; at += 1) {
      grid[2 * at] = (2 * (at % n)) / (n - 1) - 1;
      grid[2 * at + 1] = 1 - (2 * (first + Math.floor(at / n))) / (n - 1);
    }
    return winners(predict(this.networks[arm], grid, count, training), count);
  }

  /** What each arm answers for the first samples of the validation part. */
  answers(count, training = false) {
    const { inputs, features } = this.held;
    return this.networks.map((network) =>
      winners(predict(network, inputs.subarray(0, count * features), count, training), count));
  }

  /** Shares [layers][bins] of what reached each nonlinearity in the last batch, for an arm. */
  histograms(arm) {
    const { cache } = this.last[arm];
    return cache.slice(0, -1).map(({ before }) => {
      const shares = new Float64Array(BINS);
      for (const value of before) {
        const at = Math.floor(((value + SPAN) / (2 * SPAN)) * BINS);
        shares[Math.min(BINS - 1, Math.max(0, Number.isFinite(at) ? at : 0))] += 1 / before.length;
      }
      return shares;
    });
  }

  /** Euclidean norms [layers] of the gradients of the weights in the last step, for an arm. */
  gradientNorms(arm) {
    return this.last[arm].gradients.map(({ weight }) => Math.sqrt(weight.reduce((sum, g) => sum + g * g, 0)));
  }
}

function winners(logits, count) {
  const classes = logits.length / count;
  return Uint8Array.from({ length: count }, (_, i) => {
    const row = logits.subarray(i * classes, (i + 1) * classes);
    return row.indexOf(Math.max(...row)); // 255 where a network diverged
  });
}
