// What networks write to: made once for each size of batch, so that a step makes no arrays.

import { normSpace } from "./batchnorm.js";

/** What is kept under a key, made where it is missing. */
export function kept(spaces, key, make) {
  if (!spaces.has(key)) spaces.set(key, make());
  return spaces.get(key);
}

/** For each layer: z [B, out], what the normalization needs, and what comes after the nonlinearity. */
export const forwardSpace = ({ layers }, batch, spaces) => kept(spaces, batch, () => layers.map(({ outputs, norm, last }) => {
  const z = new Float64Array(batch * outputs);
  const normed = norm && normSpace(batch, outputs);
  const before = normed ? normed.y : z;
  return { z, normed, before, after: last ? before : new Float64Array(batch * outputs) };
}));

/** For each layer: gradients of its parameters, and for what goes into its parts. */
export const backwardSpace = ({ layers }, batch, spaces, forward) => kept(spaces, batch, () => {
  const ofBatch = (size) => new Float64Array(batch * size);
  return layers.map(({ weight, bias, inputs, outputs }, index) => ({
    gradient: { weight: new Float64Array(weight.length), bias: bias && new Float64Array(outputs),
      gamma: forward[index].normed?.dGamma, beta: forward[index].normed?.dBeta },
    dx: index > 0 ? ofBatch(inputs) : null,
    dBefore: ofBatch(outputs),
  }));
});
