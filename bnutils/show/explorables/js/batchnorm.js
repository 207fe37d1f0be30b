// Batch normalization of a batch [m, C], stored row by row in a Float64Array.
// Ioffe and Szegedy (2015), Algorithm 1; the backward pass in its projection form.

/** Mean and biased variance of each channel: two arrays [C]. */
export function statistics(x, m, channels) {
  const mean = new Float64Array(channels); // [C]
  const variance = new Float64Array(channels); // [C]
  for (let i = 0; i < m; i += 1)
    for (let c = 0; c < channels; c += 1) mean[c] += x[i * channels + c] / m;
  for (let i = 0; i < m; i += 1)
    for (let c = 0; c < channels; c += 1) variance[c] += (x[i * channels + c] - mean[c]) ** 2 / m;
  return { mean, variance };
}

/** y = gamma·xHat + beta, by the given statistics; returns y and xHat [m, C], inverseStd [C]. */
export function normalize(x, m, channels, { mean, variance, gamma, beta, eps }) {
  const inverseStd = variance.map((v) => 1 / Math.sqrt(v + eps)); // [C]
  const xHat = new Float64Array(m * channels); // [m, C]
  const y = new Float64Array(m * channels); // [m, C]
  for (let i = 0; i < m; i += 1)
    for (let c = 0; c < channels; c += 1) {
      const at = i * channels + c;
      xHat[at] = (x[at] - mean[c]) * inverseStd[c];
      y[at] = gamma[c] * xHat[at] + beta[c];
    }
  return { y, xHat, inverseStd };
}

/**
 * Gradients of the loss for x [m, C], gamma [C] and beta [C], given those for y [m, C].
 *
 * With the batch's own statistics, the parts of dy along 1 and along xHat have no effect on the
 * loss and are taken out; with fixed statistics the layer is a straight line per channel.
 */
export function normalizeBackward(dy, m, channels, { xHat, inverseStd, gamma, fixed }) {
  const dBeta = new Float64Array(channels); // [C]
  const dGamma = new Float64Array(channels); // [C]
  for (let i = 0; i < m; i += 1)
    for (let c = 0; c < channels; c += 1) {
      const at = i * channels + c;
      dBeta[c] += dy[at];
      dGamma[c] += dy[at] * xHat[at];
    }
  const dx = new Float64Array(m * channels); // [m, C]
  for (let i = 0; i < m; i += 1)
    for (let c = 0; c < channels; c += 1) {
      const at = i * channels + c;
      const removed = fixed ? 0 : (dBeta[c] + xHat[at] * dGamma[c]) / m;
      dx[at] = gamma[c] * inverseStd[c] * (dy[at] - removed);
    }
  return { dx, dGamma, dBeta };
}
