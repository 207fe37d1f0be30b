// How the arms of a comparison look, everywhere the same.

const OTHER = { colour: "var(--bn-without)", dash: "6 4" };
const LOOKS = {
  BN: { colour: "var(--bn-with)", dash: null },
  LayerNorm: { colour: "var(--bn-third)", dash: "2 3" },
  GroupNorm: { colour: "var(--bn-fourth)", dash: "9 4" },
};

/** Colour, and dash of a line, of an arm by its name. */
export const lookOf = (arm) => LOOKS[arm] ?? OTHER;

/** The looks of two networks, without and with batch normalization. */
export const PAIR = [OTHER, LOOKS.BN];

/** A style for words in a colour, dark enough to be read. */
export const inColour = (colour) => `color: color-mix(in srgb, ${colour} 75%, var(--bn-ink))`;

/** A share between 0 and 1 as words. */
export const percent = (share) => `${(100 * share).toFixed(0)} %`;
