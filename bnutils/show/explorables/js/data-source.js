// The data of the playground: two-dimensional toys, made here, and digits that Python sends.

import { toyData } from "./toys.js";

const HELD = 100; // from the seed of a toy's training part to that of its held-out part
const [MEAN, STD] = [0.305, 0.376]; // of the pixels, whose shades run from 0 to 1

/** A function from settings to the training and the held-out part, toys of so many `points` each. */
export const dataSource = (packed, points) => ({ data, seed }) => data === "digits" ? unpacked(packed)
  : { data: toyData(data, points, seed), held: toyData(data, points, seed + HELD) };

/** The digits: bytes of pixels from 0 to 16 and labels, both as base64. */
function unpacked({ pixels, labels, train }) {
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const [shades, answers] = [Float64Array.from(bytes(pixels), (value) => value / 16), bytes(labels)];
  const inputs = shades.map((value) => (value - MEAN) / STD);
  const part = (from, to) => ({ inputs: inputs.slice(from * 64, to * 64), pixels: shades.slice(from * 64, to * 64),
    labels: answers.slice(from, to), features: 64, classes: 10 });
  return { data: part(0, train), held: part(train, answers.length) };
}
