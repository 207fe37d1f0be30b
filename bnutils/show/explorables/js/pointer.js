// What both networks say about the place that a reader points at.

import { winners } from "./cross-entropy.js";
import { element } from "./dom.js";
import { percent } from "./looks.js";
import { opinionAt } from "./regions.js";

const WORDS = ["without BN", "with BN"];
const HINT = "Point at a square: what does each network say there?";
const COLUMNS = 6; // of the images

/** A line of words, and `show` that takes what two canvases show. */
export function pointer(canvases) {
  const root = element("p", { class: "bn-pointed" }, HINT);
  let [shown, place] = [null, null];
  const say = () => (root.textContent = shown && place ? words(shown, ...place) : HINT);
  for (const canvas of canvases) {
    const look = (event) => {
      const { left, top, width, height } = canvas.getBoundingClientRect();
      place = [(event.clientX - left) / width, (event.clientY - top) / height].map((share) => Math.min(1, Math.max(0, share)));
      say();
    };
    canvas.addEventListener("pointermove", look);
    canvas.addEventListener("pointerdown", look);
    canvas.addEventListener("pointerleave", ({ pointerType }) => pointerType === "touch" || ((place = null), say()));
  }
  const show = (arms, parts) => {
    shown = { arms, ...parts };
    if (place) say();
  };
  return { root, show };
}

function words({ arms, data: { features, classes }, held }, x, y) {
  if (features !== 2) return imageWords(arms, held, classes, x, y);
  const each = arms.map((seen, arm) => {
    const said = opinionAt(seen, classes, x, y);
    return `${WORDS[arm]} ${said ? `${said[0]}, ${percent(said[1])}` : "nothing, it diverged"}`;
  });
  return `Here: ${each.join("; ")}.`;
}

function imageWords(arms, held, classes, x, y) {
  const at = COLUMNS * Math.min(COLUMNS - 1, Math.floor(y * COLUMNS)) + Math.min(COLUMNS - 1, Math.floor(x * COLUMNS));
  const each = arms.map(({ shares }, arm) => {
    const row = shares.subarray(at * classes, (at + 1) * classes);
    const [answer] = winners(row, 1, classes);
    return `${WORDS[arm]} ${answer === 255 ? "nothing, it diverged" : `${answer}, ${percent(row[answer])}`}`;
  });
  return `A ${held.labels[at]}: ${each.join("; ")}.`;
}
