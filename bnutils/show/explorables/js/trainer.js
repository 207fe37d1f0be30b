// Two networks that differ in nothing but the normalization, trained on the same batches.

import { crossEntropy } from "./cross-entropy.js";
import { createNetwork, predict, trainStep } from "./network.js";
import { permutation, uniformStream } from "./random.js";

const ARMS = ["without", "with"];

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
    return crossEntropy(logits, labels, labels.length);
  }

  /**
   * The classes that an arm predicts at the points of a grid [n, n] over [-1, 1]², row by row, in
   * the rows from `first` to before `end`.
   */
  regionRows(arm, n, [first, end], training = false) {
    const count = (end - first) * n;
    const grid = new Float64Array(2 * count);
    for (let at = 0; at < count; at += 1) {
      grid[2 * at] = (2 * (at % n)) / (n - 1) - 1;
      grid[2 * at + 1] = 1 - (2 * (first + Math.floor(at / n))) / (n - 1);
    }
    return winners(predict(this.networks[arm], grid, count, training), count);
  }

  /** What an arm answers for the first samples of the validation part. */
  answers(arm, count, training = false) {
    const { inputs, features } = this.held;
    return winners(predict(this.networks[arm], inputs.subarray(0, count * features), count, training), count);
  }
}

function winners(logits, count) {
  const classes = logits.length / count;
  return Uint8Array.from({ length: count }, (_, i) => {
    const row = logits.subarray(i * classes, (i + 1) * classes);
    return row.indexOf(Math.max(...row)); // 255 where a network diverged
  });
}
