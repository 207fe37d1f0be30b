// What a network decides where, and how sure it is, with the points it learns from.

const SIDE = 288; // pixels
const GROUND = [[236, 205, 92], [134, 194, 238], [236, 140, 155]]; // where a network is sure; white where it is not
const POINT = ["#6b5100", "#073f69", "#7d1529"];
const LOST = [187, 187, 187]; // where a network diverged
const RING = "#111111b0"; // around a point that is taken for another
const RIM = 1.2; // pixels
export const KINDS = ["dots", "squares", "triangles"];

/** A function that draws on a canvas; the picture is scaled up from a point for each of the grid. */
export function regionPainter(canvas) {
  const dense = devicePixelRatio > 1 ? 2 : 1; // sharp on screens with small pixels
  const small = document.createElement("canvas");
  return ({ shares, n, answers }, data) => {
    canvas.width = canvas.height = SIDE * dense;
    small.width = small.height = n;
    small.getContext("2d").putImageData(new ImageData(coloured(shares, n * n, data.classes), n), 0, 0);
    const pen = canvas.getContext("2d");
    pen.imageSmoothingQuality = "high";
    pen.drawImage(small, 0.5, 0.5, n - 1, n - 1, 0, 0, canvas.width, canvas.width); // its points end at the edge
    pen.scale(dense, dense);
    drawPoints(pen, answers, data);
  };
}

/** Colours of probabilities [count, classes]: the paler, the smaller the lead of the likeliest class. */
function coloured(shares, count, classes) {
  const pixels = new Uint8ClampedArray(4 * count);
  for (let at = 0; at < count; at += 1) {
    const [best, lead] = leading(shares, at * classes, classes);
    const ground = GROUND[best] ?? LOST;
    for (let part = 0; part < 3; part += 1) pixels[4 * at + part] = 255 + lead * (ground[part] - 255);
    pixels[4 * at + 3] = 255;
  }
  return pixels;
}

/** The likeliest class of a row, and its lead over the next; class -1 where the network diverged. */
function leading(shares, row, classes) {
  let [best, first, second] = [-1, 0, 0];
  for (let k = 0; k < classes; k += 1) {
    const share = shares[row + k];
    if (!(share >= 0)) return [-1, 1];
    if (share > first) [best, first, second] = [k, share, first];
    else if (share > second) second = share;
  }
  return [best, first - second];
}

function drawPoints(pen, answers, { inputs, labels }) {
  answers.forEach((answer, i) => {
    const [x, y] = [((inputs[2 * i] + 1) / 2) * SIDE, ((1 - inputs[2 * i + 1]) / 2) * SIDE];
    pen.fillStyle = POINT[labels[i]];
    pen.beginPath();
    if (labels[i] === 0) pen.arc(x, y, 2.6, 0, 7);
    else if (labels[i] === 1) pen.rect(x - 2.3, y - 2.3, 4.6, 4.6);
    else pen.moveTo(x, y - 3.4), pen.lineTo(x + 3.2, y + 2.6), pen.lineTo(x - 3.2, y + 2.6);
    pen.fill();
    if (answer === labels[i]) return;
    pen.strokeStyle = RING;
    pen.lineWidth = RIM;
    pen.beginPath();
    pen.arc(x, y, 5.4, 0, 7);
    pen.stroke();
  });
}

/** The likeliest kind of points at a place of the square, x and y from 0 at its upper left, with its probability. */
export function opinionAt({ shares, n }, classes, x, y) {
  const [column, row] = [x, y].map((share) => Math.round(share * (n - 1)));
  const at = (row * n + column) * classes;
  const [best] = leading(shares, at, classes);
  return best < 0 ? null : [KINDS[best], shares[at + best]];
}
