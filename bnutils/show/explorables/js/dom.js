// Elements and controls. Every control has a visible label, which is also its name.

const SVG = "http://www.w3.org/2000/svg";
const OWN = Math.random().toString(36).slice(2, 8); // each figure of a page has its own ids
let given = 0;

/** A name that no other element of the page has. */
export const freshId = () => `bn-${OWN}-${(given += 1)}`;

/** An HTML element; attributes by name, children as elements or text. */
export function element(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** An SVG element. */
export function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(node, attributes, children) {
  setAttributes(node, attributes);
  node.append(...children);
  return node;
}

/** Set attributes; null removes one. */
export function setAttributes(node, attributes) {
  for (const [name, value] of Object.entries(attributes))
    if (value === null) node.removeAttribute(name);
    else node.setAttribute(name, value);
}

/** A slider with its value in words; `onInput` is called with the number. */
export function slider({ label, min, max, step, value, format = String, onInput }) {
  const id = freshId();
  const input = element("input", { type: "range", id, min, max, step });
  const output = element("output", { for: id });
  const set = (number) => {
    input.value = number;
    output.textContent = format(Number(number));
    input.setAttribute("aria-valuetext", output.textContent);
  };
  input.addEventListener("input", () => {
    set(input.value);
    onInput(Number(input.value));
  });
  // By its own hand, since JupyterLab keeps browsers from moving sliders by the arrow keys.
  input.addEventListener("keydown", (event) => {
    const steps = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    if (!steps) return;
    event.preventDefault();
    input.stepUp(steps);
    input.dispatchEvent(new Event("input"));
  });
  set(value);
  const root = element("div", { class: "bn-control" }, element("label", { for: id }, label), input, output);
  return { root, input, set };
}

/** A choice among options, pairs of value and text; `onChange` is called with the value. */
export function select({ label, options, value, onChange }) {
  const id = freshId();
  const input = element("select", { id });
  for (const [option, text] of options) input.append(element("option", { value: option }, text));
  const set = (chosen) => (input.value = chosen);
  input.addEventListener("change", () => onChange(input.value));
  set(value);
  const root = element("div", { class: "bn-control" }, element("label", { for: id }, label), input);
  return { root, input, set };
}

/** A switch that is on or off; `onChange` is called with a boolean. */
export function toggle({ label, value, onChange }) {
  const id = freshId();
  const input = element("input", { type: "checkbox", id });
  const set = (on) => (input.checked = on);
  input.addEventListener("change", () => onChange(input.checked));
  set(value);
  const root = element("div", { class: "bn-control bn-toggle" }, input, element("label", { for: id }, label));
  return { root, input, set };
}

/** A button; `onClick` is called without arguments. The main one of a figure is "bn-primary". */
export function button(text, onClick, look = "") {
  const root = element("button", { type: "button", class: `bn-button ${look}`.trim() }, text);
  root.addEventListener("click", () => onClick());
  return root;
}

/** A line that screen readers read aloud when it changes. */
export function announcer() {
  return element("p", { class: "bn-says", role: "status", "aria-live": "polite" });
}

/** A number with a fixed count of decimals and a real minus sign; never a negative zero. */
export function fixed(number, digits = 2) {
  const text = number.toFixed(digits);
  return (Number(text) === 0 ? text.replace("-", "") : text).replace("-", "−");
}

/** Whether the reader asked for little motion. */
export const littleMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/**
 * Call `draw` with the width of `node` in pixels, now and whenever it changes.
 *
 * Pictures drawn in real pixels keep their text readable on a phone. Returns a function that ends it.
 * The first call is part of the start where the node stands in a page, so that errors end the start.
 */
export function onWidth(node, draw) {
  let shown = 0;
  const look = () => {
    const width = Math.round(node.clientWidth);
    if (width > 0 && width !== shown) draw((shown = width));
  };
  const observer = new ResizeObserver(look);
  look();
  observer.observe(node);
  return () => observer.disconnect();
}
