// The loss of a classification.

/** Mean cross-entropy and accuracy; writes the gradient for the logits, dLogits [B, classes]. */
export function crossEntropy(logits, labels, batch, classes, dLogits) {
  let loss = 0;
  let hits = 0;
  for (let i = 0; i < batch; i += 1) {
    const row = i * classes;
    const top = largest(logits, row, classes);
    let total = 0;
    for (let k = 0; k < classes; k += 1) {
      dLogits[row + k] = Math.exp(logits[row + k] - top);
      total += dLogits[row + k];
    }
    const said = logits[row + labels[i]];
    loss += (top + Math.log(total) - said) / batch;
    hits += said === top ? 1 : 0;
    for (let k = 0; k < classes; k += 1) dLogits[row + k] = (dLogits[row + k] / total - (k === labels[i] ? 1 : 0)) / batch;
  }
  return { loss, accuracy: hits / batch };
}

/** The largest of a row's values, NaN where one of them is. */
function largest(values, row, count) {
  let top = values[row];
  for (let k = 1; k < count; k += 1) top = Math.max(top, values[row + k]);
  return top;
}

/** Probabilities [B, classes] of logits, as a new Float32Array. */
export function softmax(logits, batch, classes) {
  const shares = new Float32Array(batch * classes);
  for (let i = 0; i < batch; i += 1) {
    const row = i * classes;
    const top = largest(logits, row, classes);
    let total = 0;
    for (let k = 0; k < classes; k += 1) total += Math.exp(logits[row + k] - top);
    for (let k = 0; k < classes; k += 1) shares[row + k] = Math.exp(logits[row + k] - top) / total;
  }
  return shares;
}

/** The class with the largest of each row of values [B, classes]; 255 where a network diverged. */
export function winners(values, batch, classes) {
  const found = new Uint8Array(batch);
  for (let i = 0; i < batch; i += 1) {
    const row = i * classes;
    const top = largest(values, row, classes);
    found[i] = 255;
    for (let k = classes - 1; k >= 0; k -= 1) if (values[row + k] === top) found[i] = k;
  }
  return found;
}
