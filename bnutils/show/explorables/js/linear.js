// A linear layer forward and backward. Values are Float64Arrays, row by row: inputs [B, in],
// weights [out, in], as in PyTorch.

/** Outputs [B, out] of inputs [B, in]. */
export function affine(x, { weight, bias, inputs, outputs }, batch) {
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

/** Gradients of weight and bias, and for the inputs where `needsInput` asks, given those dz [B, out]. */
export function linearBackward(dz, x, { weight, bias, inputs, outputs }, batch, needsInput) {
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
