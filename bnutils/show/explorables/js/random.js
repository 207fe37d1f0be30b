// Random numbers that a seed makes the same on every machine.

/** A function that returns uniform numbers in [0, 1); mulberry32, 32 bits of state. */
export function uniformStream(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** A function that returns numbers of the standard normal distribution (Box and Muller). */
export function normalStream(seed) {
  const uniform = uniformStream(seed);
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}

/** Put the numbers 0 … n - 1 into an array [n], in a random order (Fisher and Yates). */
export function shuffle(order, uniform) {
  for (let at = 0; at < order.length; at += 1) order[at] = at;
  for (let last = order.length - 1; last > 0; last -= 1) {
    const other = Math.floor(uniform() * (last + 1));
    const moved = order[last];
    order[last] = order[other];
    order[other] = moved;
  }
}
