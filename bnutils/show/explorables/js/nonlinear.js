// The nonlinearities, over whole arrays: a loop each, since a call for each value costs more than it.

/** Values `after` of the values `before`. */
export function activate(kind, before, after) {
  const count = before.length;
  if (kind === "relu") for (let at = 0; at < count; at += 1) after[at] = before[at] > 0 ? before[at] : 0;
  else if (kind === "tanh") for (let at = 0; at < count; at += 1) after[at] = Math.tanh(before[at]);
  else for (let at = 0; at < count; at += 1) after[at] = 1 / (1 + Math.exp(-before[at]));
}

/** Gradients for what comes `before`, from those for what comes `after`. */
export function activateBackward(kind, dAfter, after, dBefore) {
  const count = after.length;
  if (kind === "relu") for (let at = 0; at < count; at += 1) dBefore[at] = after[at] > 0 ? dAfter[at] : 0;
  else if (kind === "tanh") for (let at = 0; at < count; at += 1) dBefore[at] = dAfter[at] * (1 - after[at] * after[at]);
  else for (let at = 0; at < count; at += 1) dBefore[at] = dAfter[at] * (after[at] * (1 - after[at]));
}
