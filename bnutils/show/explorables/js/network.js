// A feed-forward network for classification, without or with batch normalization, and plain SGD.
// Values are Float64Arrays, row by row: activations [B, C], weights [out, in], as in PyTorch.
// What a step writes to is made once for each size of batch, and lies in the network.

import { normalize, normalizeBackward, statistics } from "./batchnorm.js";
import { crossEntropy } from "./cross-entropy.js";
import { affine, inputGradient, linearBackward } from "./linear.js";
import { activate, activateBackward } from "./nonlinear.js";
import { normalStream } from "./random.js";
import { backwardSpace, forwardSpace, kept } from "./spaces.js";

const CHUNK = 64; // samples that a network in evaluation mode is asked about at once

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
  return { activation, layers, forward: new Map(), backward: new Map(), asked: new Map(), logits: new Map() };
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
 * Logits [B, classes] of inputs [B, in], which the next call overwrites.
 *
 * The statistics are those of the batch where `training` says so; `moving` has the running ones follow.
 */
function forward(network, space, inputs, batch, training, moving) {
  let x = inputs; // [B, in]
  for (let index = 0; index < space.length; index += 1) {
    const layer = network.layers[index];
    const { z, normed, before, after } = space[index];
    affine(x, z, layer, batch);
    if (normed) applyNorm(layer.norm, z, batch, layer.outputs, normed, training, moving);
    if (!layer.last) activate(network.activation, before, after);
    x = after;
  }
  return x;
}

function applyNorm(norm, z, batch, channels, space, training, moving) {
  const { momentum, runningMean, runningVar } = norm;
  if (training) statistics(z, batch, channels, space);
  normalize(z, batch, channels, training ? space : { mean: runningMean, variance: runningVar }, norm, space);
  const unbiased = batch / (batch - 1); // of which the running variance is an average
  for (let c = 0; moving && c < channels; c += 1) {
    runningMean[c] += momentum * (space.mean[c] - runningMean[c]);
    runningVar[c] += momentum * (space.variance[c] * unbiased - runningVar[c]);
  }
}

function stepSpaces(network, batch) {
  const forwards = forwardSpace(network, batch, network.forward);
  return { forwards, backwards: backwardSpace(network, batch, network.backward, forwards) };
}

/** Loss and accuracy of a batch in training mode; the gradients stay in the network. */
function lossAndGradients(network, inputs, labels, batch, moving) {
  const { forwards, backwards } = stepSpaces(network, batch);
  const logits = forward(network, forwards, inputs, batch, true, moving);
  const { layers, activation } = network;
  const found = crossEntropy(logits, labels, batch, layers.at(-1).outputs, backwards.at(-1).dBefore);
  for (let index = layers.length - 1; index >= 0; index -= 1) {
    const layer = layers[index];
    const { normed, after } = forwards[index];
    const { gradient, dx, dBefore } = backwards[index];
    if (!layer.last) activateBackward(activation, backwards[index + 1].dx, after, dBefore);
    if (normed) normalizeBackward(dBefore, batch, layer.outputs, layer.norm.gamma, false, normed);
    const dz = normed ? normed.dx : dBefore;
    linearBackward(dz, index > 0 ? forwards[index - 1].after : inputs, layer, batch, gradient);
    if (dx) inputGradient(dz, dx, layer, batch);
  }
  return found;
}

/** One step of plain stochastic gradient descent; returns loss and accuracy. */
export function trainStep(network, inputs, labels, batch, lr) {
  const found = lossAndGradients(network, inputs, labels, batch, true);
  const { backwards } = stepSpaces(network, batch);
  for (let index = 0; index < backwards.length; index += 1) {
    const { gradient } = backwards[index];
    const { weight, bias, norm } = network.layers[index];
    descend(weight, gradient.weight, lr);
    if (bias) descend(bias, gradient.bias, lr);
    if (norm) {
      descend(norm.gamma, gradient.gamma, lr);
      descend(norm.beta, gradient.beta, lr);
    }
  }
  return found;
}

function descend(values, gradient, lr) {
  for (let at = 0; at < values.length; at += 1) values[at] -= lr * gradient[at];
}

/** Have the network hold what a step on a batch would, and change nothing of it. */
export const lookAtStep = (network, inputs, labels, batch) => lossAndGradients(network, inputs, labels, batch, false);

/** Of each hidden layer, from the last step: what reaches the nonlinearity, and the gradient of its weights. */
export function insides(network, batch) {
  const { forwards, backwards } = stepSpaces(network, batch);
  return forwards.slice(0, -1).map(({ before }, index) => ({ before, gradient: backwards[index].gradient.weight }));
}

/**
 * Logits with the running statistics or, in training mode, the batch's; the network stays as it
 * was. The next call for as many samples overwrites them.
 */
export function predict(network, inputs, batch, training = false) {
  const ask = (part, count) => forward(network, forwardSpace(network, count, network.asked), part, count, training, false);
  if (training) return ask(inputs, batch);
  const [{ inputs: features }, { outputs: classes }] = [network.layers[0], network.layers.at(-1)];
  const logits = kept(network.logits, batch, () => new Float64Array(batch * classes));
  for (let first = 0; first < batch; first += CHUNK) {
    const count = Math.min(CHUNK, batch - first);
    const part = inputs.subarray(first * features, (first + count) * features);
    logits.set(ask(part, count), first * classes);
  }
  return logits;
}
