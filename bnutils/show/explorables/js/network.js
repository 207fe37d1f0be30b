// A feed-forward network for classification, without or with batch normalization, and plain SGD.
// Values are Float64Arrays, row by row: activations [B, C], weights [out, in], as in PyTorch.

import { normalize, normalizeBackward, statistics } from "./batchnorm.js";
import { crossEntropy } from "./cross-entropy.js";
import { affine, linearBackward } from "./linear.js";
import { normalStream } from "./random.js";

export const ACTIVATIONS = {
  relu: { value: (z) => (z > 0 ? z : 0), slope: (z) => (z > 0 ? 1 : 0) },
  tanh: { value: Math.tanh, slope: (z, a) => 1 - a * a },
  sigmoid: { value: (z) => 1 / (1 + Math.exp(-z)), slope: (z, a) => a * (1 - a) },
};

/** What He's initialisation means for a layer: a standard deviation of √(2 / inputs). */
export const heStd = (inputs) => Math.sqrt(2 / inputs);

/**
 * A network of the widths `sizes`, in training mode.
 *
 * Weights are drawn from N(0, (scale·√(2 / inputs))²); the same seed gives the same weights with
 * and without `norm`. Linear layers before a normalization have no bias.
 */
export function createNetwork({ sizes, activation, norm, seed = 0, scale = 1 }) {
  const normal = normalStream(seed);
  const layers = sizes.slice(1).map((outputs, index) => {
    const inputs = sizes[index];
    const last = index === sizes.length - 2;
    const std = scale * heStd(inputs);
    return {
      inputs,
      outputs,
      last,
      weight: Float64Array.from({ length: outputs * inputs }, () => std * normal()), // [out, in]
      bias: norm && !last ? null : new Float64Array(outputs), // [out]
      norm: norm && !last ? createNorm(outputs) : null,
    };
  });
  return { sizes, activation, layers, training: true };
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

/** Logits [B, classes] of inputs [B, in]; `cache` keeps what the backward pass and a reader need. */
export function forward(network, inputs, batch) {
  const { value } = ACTIVATIONS[network.activation];
  const cache = [];
  let x = inputs; // [B, in]
  for (const layer of network.layers) {
    const z = affine(x, layer, batch); // [B, out]
    const normed = layer.norm ? applyNorm(layer.norm, z, batch, layer.outputs, network) : null;
    const before = normed ? normed.y : z; // [B, out]
    const after = layer.last ? before : before.map(value); // [B, out]
    cache.push({ x, z, normed, before, after });
    x = after;
  }
  return { logits: x, cache };
}

function applyNorm(norm, z, batch, channels, { training }) {
  const { gamma, beta, eps, momentum, runningMean, runningVar } = norm;
  if (!training) {
    const given = { mean: runningMean, variance: runningVar, gamma, beta, eps };
    return { ...normalize(z, batch, channels, given), fixed: true };
  }
  const { mean, variance } = statistics(z, batch, channels);
  const result = normalize(z, batch, channels, { mean, variance, gamma, beta, eps });
  const unbiased = batch / (batch - 1); // of which the running variance is an average
  for (let c = 0; c < channels; c += 1) {
    runningMean[c] += momentum * (mean[c] - runningMean[c]);
    runningVar[c] += momentum * (variance[c] * unbiased - runningVar[c]);
  }
  return { ...result, fixed: false };
}

/** Gradients of each layer, from those for the logits: weight, bias, gamma, beta. */
export function backward(network, cache, dLogits, batch) {
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
  network.training = true;
  const { logits, cache } = forward(network, inputs, batch);
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

/** Logits with the running statistics, which leaves the network as it was. */
export function predict(network, inputs, batch, training = false) {
  const copy = { ...network, training, layers: network.layers.map(withOwnStatistics) };
  return forward(copy, inputs, batch).logits;
}

function withOwnStatistics(layer) {
  if (!layer.norm) return layer;
  const { runningMean, runningVar } = layer.norm;
  const norm = { ...layer.norm, runningMean: runningMean.slice(), runningVar: runningVar.slice() };
  return { ...layer, norm };
}
