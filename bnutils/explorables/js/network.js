// A feed-forward network for classification, without or with batch normalization, and plain SGD.
// Values are Float64Arrays, row by row: activations [B, C], weights [out, in], as in PyTorch.

import { normalize, normalizeBackward, statistics } from "./batchnorm.js";
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

function affine(x, { weight, bias, inputs, outputs }, batch) {
  const z = new Float64Array(batch * outputs); // [B, out]
  for (let i = 0; i < batch; i += 1)
    for (let o = 0; o < outputs; o += 1) {
      let sum = bias ? bias[o] : 0;
      const row = o * inputs;
      const sample = i * inputs;
      for (let k = 0; k < inputs; k += 1) sum += weight[row + k] * x[sample + k];
      z[i * outputs + o] = sum;
    }
  return z;
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

/** Mean cross-entropy, accuracy, and the gradient of the loss for the logits [B, classes]. */
export function crossEntropy(logits, labels, batch) {
  const classes = logits.length / batch;
  const dLogits = new Float64Array(logits.length); // [B, classes]
  let loss = 0;
  let hits = 0;
  for (let i = 0; i < batch; i += 1) {
    const row = logits.subarray(i * classes, (i + 1) * classes);
    const top = Math.max(...row);
    let total = 0;
    for (const logit of row) total += Math.exp(logit - top);
    loss += (top + Math.log(total) - row[labels[i]]) / batch;
    hits += row[labels[i]] === top ? 1 : 0;
    for (let k = 0; k < classes; k += 1) {
      const target = k === labels[i] ? 1 : 0;
      dLogits[i * classes + k] = (Math.exp(row[k] - top) / total - target) / batch;
    }
  }
  return { loss, accuracy: hits / batch, dLogits };
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

function linearBackward(dz, x, { weight, bias, inputs, outputs }, batch, needsInput) {
  const dWeight = new Float64Array(outputs * inputs); // [out, in]
  const dBias = bias ? new Float64Array(outputs) : null; // [out]
  const dx = needsInput ? new Float64Array(batch * inputs) : null; // [B, in]
  for (let i = 0; i < batch; i += 1)
    for (let o = 0; o < outputs; o += 1) {
      const d = dz[i * outputs + o];
      const row = o * inputs;
      const sample = i * inputs;
      if (dBias) dBias[o] += d;
      for (let k = 0; k < inputs; k += 1) dWeight[row + k] += d * x[sample + k];
      if (dx) for (let k = 0; k < inputs; k += 1) dx[sample + k] += d * weight[row + k];
    }
  return { weight: dWeight, bias: dBias, dx };
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
