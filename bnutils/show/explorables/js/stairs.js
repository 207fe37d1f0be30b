// Histograms.

import { svg } from "./dom.js";
import { ruleFrom } from "./pictures.js";

/** A histogram on a line at `base` from `left` to `right`, `height` pixels high at most. */
export function stairs(shares, { left, right, base, height, fill }) {
  const top = Math.max(...shares);
  const step = (right - left) / shares.length;
  const points = Array.from(shares, (share, i) => {
    const y = (base - (share / top) * height).toFixed(1);
    return `${(left + i * step).toFixed(1)},${y} ${(left + (i + 1) * step).toFixed(1)},${y}`;
  });
  return [svg("polygon", { points: `${left},${base} ${points.join(" ")} ${right},${base}`, fill, opacity: 0.75 }),
    ruleFrom(left, base, right, base)];
}
