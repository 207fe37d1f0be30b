// The regions on which a network decides, and the points it learns from.

const CELL = 6; // pixels of a cell of the grid
const GROUND = ["#f3e3a2", "#bcdcf2", "#f0b6be"]; // light, so that dark points stand out
const POINT = ["#7a5c00", "#084c7d", "#8c1d32"];
const LOST = "#bbbbbb"; // where a network diverged
const MOST = 240; // points that are drawn

/** Draw classes [n, n], row by row, of a grid over [-1, 1]², and the points of a data set. */
export function drawRegions(canvas, classes, { inputs, labels }) {
  const n = Math.round(Math.sqrt(classes.length));
  const side = n * CELL;
  const dense = devicePixelRatio > 1 ? 2 : 1; // sharp on screens with small pixels
  canvas.width = canvas.height = side * dense;
  const pen = canvas.getContext("2d");
  pen.scale(dense, dense);
  classes.forEach((label, at) => {
    pen.fillStyle = GROUND[label] ?? LOST;
    pen.fillRect((at % n) * CELL, Math.floor(at / n) * CELL, CELL, CELL);
  });
  for (let i = 0; i < Math.min(labels.length, MOST); i += 1) {
    const [x, y] = [((inputs[2 * i] + 1) / 2) * side, ((1 - inputs[2 * i + 1]) / 2) * side];
    pen.fillStyle = POINT[labels[i]];
    pen.beginPath();
    if (labels[i] === 0) pen.arc(x, y, 2.6, 0, 7);
    else if (labels[i] === 1) pen.rect(x - 2.3, y - 2.3, 4.6, 4.6);
    else pen.moveTo(x, y - 3.4), pen.lineTo(x + 3.2, y + 2.6), pen.lineTo(x - 3.2, y + 2.6);
    pen.fill();
  }
}
