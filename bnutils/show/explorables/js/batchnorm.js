// Batch normalization of a batch [m, C], stored row by row in a Float64Array.
// Ioffe and Szegedy (2015), Algorithm 1; the backward pass in its projection form.

/** What a layer of so many channels writes to, for batches of m. */
export function normSpace(m, channels) {
  const [ofChannels, ofBatch] = [channels, m * channels].map((size) => () => new Float64Array(size));
  return {
    mean: ofChannels(), variance: ofChannels(), inverseStd: ofChannels(), dGamma: ofChannels(), dBeta: ofChannels(),
    xHat: ofBatch(), y: ofBatch(), dx: ofBatch(),
  };
}

/** Mean and biased variance of each channel, written to two arrays [C]. */
export function statistics(x, m, channels, { mean, variance }) {
  const share = 1 / m;
  mean.fill(0);
  variance.fill(0);
  for (let i = 0; i < m; i += 1)
    for (let c = 0; c < channels; c += 1) mean[c] += x[i * channels + c] * share;
  for (let i = 0; i < m; i += 1)
    for (let c = 0; c < channels; c += 1) {
      const off = x[i * channels + c] - mean[c];
      variance[c] += off * off * share;
    }
}

/** y = gamma·xHat + beta, by the given statistics; writes y and xHat [m, C], inverseStd [C]. */
export function normalize(x, m, channels, { mean, variance }, { gamma, beta, eps }, { y, xHat, inverseStd }) {
  for (let c = 0; c < channels; c += 1) inverseStd[c] = 1 / Math.sqrt(variance[c] + eps);
  for (let i = 0; i < m; i += 1)
    for (let c = 0; c < channels; c += 1) {
      const at = i * channels + c;
      const value = (x[at] - mean[c]) * inverseStd[c];
      xHat[at] = value;
      y[at] = gamma[c] * value + beta[c];
    }
}

/**
 * Gradients of the loss for x, dx [m, C], gamma and beta, [C] each, given those for y [m, C].
 *
 * With the batch's own statistics, the parts of dy along 1 and along xHat have no effect on the
 * loss and are taken out; with `fixed` statistics the layer is a straight line per channel.
 */
export function normalizeBackward(dy, m, channels, gamma, fixed, { xHat, inverseStd, dx, dGamma, dBeta }) {
  dGamma.fill(0);
  dBeta.fill(0);
  for (let i = 0; i < m; i += 1)
    for (let c = 0; c < channels; c += 1) {
      const at = i * channels + c;
      dBeta[c] += dy[at];
      dGamma[c] += dy[at] * xHat[at];
    }
  const share = fixed ? 0 : 1 / m;
  for (let i = 0; i < m; i += 1)
    for (let c = 0; c < channels; c += 1) {
      const at = i * channels + c;
      const removed = (dBeta[c] + xHat[at] * dGamma[c]) * share;
      dx[at] = gamma[c] * inverseStd[c] * (dy[at] - removed);
    }
}
