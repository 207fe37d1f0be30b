// From values to positions on the screen.

/** A function from the interval `domain` to the interval `range`, with its inverse. */
export function linearScale([low, high], [start, end]) {
  const slope = (end - start) / (high - low);
  const scale = (value) => start + (value - low) * slope;
  scale.inverse = (position) => low + (position - start) / slope;
  return scale;
}

/** The same for a logarithmic axis; both ends of the domain are positive. */
export function logScale([low, high], range) {
  const inner = linearScale([Math.log10(low), Math.log10(high)], range);
  const scale = (value) => inner(Math.log10(value));
  scale.inverse = (position) => 10 ** inner.inverse(position);
  return scale;
}

/** Round values between `low` and `high`, about `count` of them. */
export function ticks(low, high, count = 5) {
  const rough = (high - low) / count;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * unit).find((size) => size >= rough);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step);
}

/** A number as an axis shows it. */
export function tickText(value) {
  const text = Math.abs(value) >= 1e4 || (value && Math.abs(value) < 1e-3)
    ? value.toExponential(0).replace("e+", "e")
    : String(Number(value.toPrecision(6)));
  return text.replaceAll("-", "−");
}
