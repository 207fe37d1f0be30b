// The state of a figure: traits of a widget's model, or of the one that a page makes.

import { onWidth } from "./dom.js";

/** `read` all of `names`, `write` some of them, and `follow` how they change. */
export function traits(model, names) {
  const read = () => Object.fromEntries(names.map((name) => [name, model.get(name)]));
  const write = (values) => {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    model.save_changes();
  };
  /** Call `changed` whenever one of them changes; returns a function that ends it. */
  const listen = (changed) => {
    for (const name of names) model.on(`change:${name}`, changed);
    return () => names.forEach((name) => model.off(`change:${name}`, changed));
  };
  /** The same with their values and the width of `node` in pixels, now and when that changes too. */
  const follow = (node, show) => {
    let width = 0;
    const look = () => width > 0 && show(read(), width);
    const ends = [listen(look), onWidth(node, (pixels) => {
      width = pixels;
      look();
    })];
    return () => ends.forEach((end) => end());
  };
  return { read, write, listen, follow };
}
