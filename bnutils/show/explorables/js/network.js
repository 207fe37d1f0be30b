// A feed-forward network for classification, without or with batch normalization, and plain SGD.
// Values are Float64Arrays, row by row: activations [B, C], weights [out, in], as in PyTorch.

import { normalize, normalizeBackward, statistics } from "./batchnorm.js";
import { crossEntropy } from "./cross-entropy.js";
import { affine, linearBackward } from "./linear.js";
import { normalStream } from "./random.js";

const ACTIVATIONS = {
  relu: { value: (z) => (z > 0 ? z : 0), slope: (z) => (z > 0 ? 1 : 0) },
  tanh: { value: Math.tanh, slope: (z, a) => 1 - a * a },
  sigmoid: { value: (z) => 1 / (1 + Math.exp(-z)), slope: (z, a) => a * (1 - a) },
};

/**
 * A network of the widths `sizes`.
 *
 * Weights are drawn from N(0, (scale·√(2 / inputs))²); the same seed gives the same weights with
 * and without `norm`. Linear layers before a normalization have no bias.
 */
export function createNetwork({ sizes, activation, norm, seed = 0, scale = 1 }) {
  const normal = normalStream(seed);
  const layers = sizes.slice(1).map((outputs, index) => {
    const inputs = sizes[index];
    const last = index === sizes.length - 2;
    const std = scale * Math.sqrt(2 / inputs); // He's
    return {
      inputs,
      outputs,
      last,
      weight: Float64Array.from({ length: outputs * inputs }, () => std * normal()), // [out, in]
      bias: norm && !last ? null : new Float64Array(outputs), // [out]
      norm: norm && !last ? createNorm(outputs) : null,
    };
  });
  return { activation, layers };
}

function createNorm(channels) {
  return {
    gamma: new Float64Array(channels).fill(1), // [C]
    beta: new Float64Array(channels), // [C]
    runningMean: new Float64Array(channels), // [C]
    runningVar: new Float64Array(channels).fill(1), // [C]
    eps: 1e-5,
    momentum: 0.1,
  };
}

/**
 * Logits [B, classes] of inputs [B, in]; `cache` keeps what the backward pass and a reader need.
 *
 * The statistics are those of the batch where `training` says so; `moving` has the running ones follow.
 */
function forward(network, inputs, batch, training, moving) {
  const { value } = ACTIVATIONS[network.activation];
  const cache = [];
  let x = inputs; // [B, in]
  for (const layer of network.layers) {
    const z = affine(x, layer, batch); // [B, out]
    const normed = layer.norm ? applyNorm(layer.norm, z, batch, layer.outputs, training, moving) : null;
    const before = normed ? normed.y : z; // [B, out]
    const after = layer.last ? before : before.map(value); // [B, out]
    cache.push({ x, normed, before, after });
    x = after;
  }
  return { logits: x, cache };
}

function applyNorm(norm, z, batch, channels, training, moving) {
  const { momentum, runningMean, runningVar } = norm;
  const used = training ? statistics(z, batch, channels) : { mean: runningMean, variance: runningVar };
  const result = normalize(z, batch, channels, { ...norm, ...used });
  const unbiased = batch / (batch - 1); // of which the running variance is an average
  for (let c = 0; moving && c < channels; c += 1) {
    runningMean[c] += momentum * (used.mean[c] - runningMean[c]);
    runningVar[c] += momentum * (used.variance[c] * unbiased - runningVar[c]);
  }
  return { ...result, fixed: !training };
}

/** Gradients of each layer, from those for the logits: weight, bias, gamma, beta. */
function backward(network, cache, dLogits, batch) {
  const { slope } = ACTIVATIONS[network.activation];
  const gradients = [];
  let dAfter = dLogits; // [B, out]
  for (let index = network.layers.length - 1; index >= 0; index -= 1) {
    const layer = network.layers[index];
    const { x, normed, before, after } = cache[index];
    const dBefore = layer.last ? dAfter : dAfter.map((d, at) => d * slope(before[at], after[at]));
    const through = layer.norm
      ? normalizeBackward(dBefore, batch, layer.outputs, { ...normed, gamma: layer.norm.gamma })
      : { dx: dBefore };
    const own = linearBackward(through.dx, x, layer, batch, index > 0);
    gradients[index] = { ...own, gamma: through.dGamma, beta: through.dBeta };
    dAfter = own.dx;
  }
  return gradients;
}

/** One step of plain stochastic gradient descent; returns loss, accuracy, cache and gradients. */
export function trainStep(network, inputs, labels, batch, lr) {
  const { logits, cache } = forward(network, inputs, batch, true, true);
  const { loss, accuracy, dLogits } = crossEntropy(logits, labels, batch);
  const gradients = backward(network, cache, dLogits, batch);
  network.layers.forEach((layer, index) => {
    const gradient = gradients[index];
    descend(layer.weight, gradient.weight, lr);
    if (layer.bias) descend(layer.bias, gradient.bias, lr);
    if (layer.norm) {
      descend(layer.norm.gamma, gradient.gamma, lr);
      descend(layer.norm.beta, gradient.beta, lr);
    }
  });
  return { loss, accuracy, cache, gradients };
}

function descend(values, gradient, lr) {
  for (let at = 0; at < values.length; at += 1) values[at] -= lr * gradient[at];
}

/** Logits with the running statistics or, in training mode, the batch's; the network stays as it was. */
export const predict = (network, inputs, batch, training = false) =>
  forward(network, inputs, batch, training, false).logits;
