// The loss of a classification.

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
