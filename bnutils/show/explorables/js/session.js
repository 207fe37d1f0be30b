// The page's side of a training: it asks, and draws what is reported.

import { workshop } from "./workshop.js";

/** A worker that runs the page's own module, or null where workers are refused. */
function hired() {
  try {
    return new Worker(import.meta.url, { type: "module" });
  } catch {
    return null;
  }
}

/**
 * A training elsewhere: `tell` a message; `counted` is called with steps, `drawn` with pictures,
 * in frames of the screen. `busy` tells whether it trains; `end` lets it go.
 */
export function session({ counted, drawn }) {
  let [turn, waiting, busy, ended] = [0, null, false, false];
  let since = []; // what was told since the last start, for another to begin with

  function reported(report) {
    if (ended || report.turn !== turn) return;
    if (report.kind === "count") return waiting || counted(report.step);
    if (!waiting) requestAnimationFrame(draw);
    waiting = report; // the last one counts
  }

  function draw() {
    const report = waiting;
    waiting = null;
    if (ended || report?.turn !== turn) return;
    if (report.ended) busy = false;
    drawn(report);
    post({ kind: "shown", turn });
  }

  const worker = hired();
  let post = worker ? (message) => worker.postMessage(message) : here();
  worker?.addEventListener("message", ({ data }) => reported(data));
  worker?.addEventListener("error", (event) => {
    event.preventDefault();
    worker.terminate();
    post = here();
    since.forEach((message) => post(message));
  });

  /** The training in the page itself, between its frames. */
  function here() {
    const receive = workshop((report) => reported(report), (call) => requestAnimationFrame(call));
    return (message) => queueMicrotask(() => ended || receive(message));
  }

  function tell(message) {
    if (message.kind === "start") since = [];
    if (message.kind !== "look") {
      turn += 1; // what was reported before is old
      waiting = null;
      busy = message.kind === "run";
    }
    const whole = { ...message, turn };
    since.push(whole);
    post(whole);
  }

  return {
    tell,
    get busy() {
      return busy;
    },
    end() {
      ended = true;
      worker?.terminate();
    },
  };
}
