// A linear layer forward and backward, into arrays of the caller. Values are Float64Arrays, row by
// row: inputs [B, in], weights [out, in], as in PyTorch.
//
// Eight terms are read and added together, of two rows and four columns, which is what makes it
// fast. Each sum adds its terms in their order, so that the result is, to the last bit, that of
// the plain loops, which take what is left over.

/** Outputs z [B, out] of inputs x [B, in]. */
export function affine(x, z, { weight, bias, inputs, outputs }, batch) {
  const pairs = batch - (batch % 2);
  const fours = outputs - (outputs % 4);
  for (let i = 0; i < pairs; i += 2)
    for (let o = 0; o < fours; o += 4) affineBlock(x, z, weight, bias, inputs, outputs, i, o);
  for (let i = 0; i < batch; i += 1)
    for (let o = i < pairs ? fours : 0; o < outputs; o += 1) {
      let sum = bias ? bias[o] : 0;
      for (let k = 0; k < inputs; k += 1) sum += weight[o * inputs + k] * x[i * inputs + k];
      z[i * outputs + o] = sum;
    }
}

function affineBlock(x, z, weight, bias, inputs, outputs, i, o) {
  const xa = i * inputs;
  const za = i * outputs + o;
  const w0 = o * inputs;
  const xb = xa + inputs;
  const zb = za + outputs;
  const w1 = w0 + inputs;
  const w2 = w0 + 2 * inputs;
  const w3 = w0 + 3 * inputs;
  let a0 = bias ? bias[o] : 0;
  let a1 = bias ? bias[o + 1] : 0;
  let a2 = bias ? bias[o + 2] : 0;
  let a3 = bias ? bias[o + 3] : 0;
  let b0 = a0;
  let b1 = a1;
  let b2 = a2;
  let b3 = a3;
  for (let k = 0; k < inputs; k += 1) {
    const va = x[xa + k];
    const vb = x[xb + k];
    const u0 = weight[w0 + k];
    const u1 = weight[w1 + k];
    const u2 = weight[w2 + k];
    const u3 = weight[w3 + k];
    a0 += u0 * va;
    a1 += u1 * va;
    a2 += u2 * va;
    a3 += u3 * va;
    b0 += u0 * vb;
    b1 += u1 * vb;
    b2 += u2 * vb;
    b3 += u3 * vb;
  }
  z[za] = a0;
  z[za + 1] = a1;
  z[za + 2] = a2;
  z[za + 3] = a3;
  z[zb] = b0;
  z[zb + 1] = b1;
  z[zb + 2] = b2;
  z[zb + 3] = b3;
}

/** Gradients of weight [out, in] and bias [out], given those for the outputs, dz [B, out]. */
export function linearBackward(dz, x, { inputs, outputs }, batch, { weight, bias }) {
  weight.fill(0);
  accumulate(dz, 1, outputs, x, inputs, weight, outputs, batch);
  if (!bias) return;
  bias.fill(0);
  for (let i = 0; i < batch; i += 1)
    for (let o = 0; o < outputs; o += 1) bias[o] += dz[i * outputs + o];
}

/** Gradients dx [B, in] for the inputs, given those for the outputs, dz [B, out]. */
export function inputGradient(dz, dx, { weight, inputs, outputs }, batch) {
  dx.fill(0);
  accumulate(dz, outputs, 1, weight, inputs, dx, batch, outputs);
}

/**
 * Add to each row of `sums` [rows, width] the `terms` rows of `from` [terms, width], times factors:
 * that of row r and term t stands at r·perRow + t·perTerm.
 */
function accumulate(factors, perRow, perTerm, from, width, sums, rows, terms) {
  const pairs = rows - (rows % 2);
  const fours = terms - (terms % 4);
  for (let r = 0; r < pairs; r += 2)
    for (let t = 0; t < fours; t += 4) addBlock(factors, perRow, perTerm, from, width, sums, r, t);
  for (let r = 0; r < rows; r += 1)
    for (let t = r < pairs ? fours : 0; t < terms; t += 1) {
      const factor = factors[r * perRow + t * perTerm];
      for (let k = 0; k < width; k += 1) sums[r * width + k] += factor * from[t * width + k];
    }
}

function addBlock(factors, perRow, perTerm, from, width, sums, r, t) {
  const fa = r * perRow + t * perTerm;
  const fb = fa + perRow;
  const a0 = factors[fa];
  const a1 = factors[fa + perTerm];
  const a2 = factors[fa + 2 * perTerm];
  const a3 = factors[fa + 3 * perTerm];
  const b0 = factors[fb];
  const b1 = factors[fb + perTerm];
  const b2 = factors[fb + 2 * perTerm];
  const b3 = factors[fb + 3 * perTerm];
  const sa = r * width;
  const t0 = t * width;
  const sb = sa + width;
  const t1 = t0 + width;
  const t2 = t0 + 2 * width;
  const t3 = t0 + 3 * width;
  for (let k = 0; k < width; k += 1) {
    const v0 = from[t0 + k];
    const v1 = from[t1 + k];
    const v2 = from[t2 + k];
    const v3 = from[t3 + k];
    sums[sa + k] = sums[sa + k] + a0 * v0 + a1 * v1 + a2 * v2 + a3 * v3;
    sums[sb + k] = sums[sb + k] + b0 * v0 + b1 * v1 + b2 * v2 + b3 * v3;
  }
}
