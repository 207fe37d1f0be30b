// Curves of loss and accuracy of two networks that train side by side.

const KEPT = 300; // points of a curve
const even = (_, index) => index % 2 === 0;

/** What was measured of both, every few steps; half of it is dropped when it grows long. */
export class Curves {
  steps = [];
  every = 5;
  loss = [[], []];
  accuracy = [[], []];

  /** Whether a measurement is due at a step. */
  due(step) {
    return step % this.every === 0;
  }

  add(step, measured) {
    this.steps.push(step);
    measured.forEach(({ loss, accuracy }, arm) => {
      this.loss[arm].push(loss);
      this.accuracy[arm].push(accuracy);
    });
    if (this.steps.length <= KEPT) return;
    this.every *= 2;
    this.steps = this.steps.filter(even);
    for (const kind of [this.loss, this.accuracy])
      kind.forEach((values, arm) => (kind[arm] = values.filter(even)));
  }
}
