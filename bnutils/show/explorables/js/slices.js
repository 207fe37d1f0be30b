// Long work in small parts, so that a page answers and scrolls meanwhile.

/**
 * Go through `work`, a generator, for some milliseconds of each frame, then call `finished`.
 *
 * What lies between two yields should take a millisecond or less. After drawing it yields true: the
 * rest of the frame is left for the screen. Returns a function that ends the work.
 */
export function inSlices(work, finished, milliseconds = 4) {
  let going = true;
  const slice = () => {
    if (!going) return;
    const until = performance.now() + milliseconds;
    let part;
    do part = work.next();
    while (!part.done && !part.value && performance.now() < until);
    if (part.done) finished();
    else requestAnimationFrame(slice);
  };
  requestAnimationFrame(slice);
  return () => {
    going = false;
  };
}
