// What scrolls sideways can be scrolled with the keyboard; what fits is no stop on the way.
const parts = document.querySelectorAll(
  ".bd-article .katex-display, .bd-article figure, .bd-article .pst-scrollable-table-container",
);

function follow(part) {
  const scrolls = part.scrollWidth > part.clientWidth
    && getComputedStyle(part).overflowX !== "visible";
  if (scrolls) part.tabIndex = 0;
  else part.removeAttribute("tabindex");
}

const sizes = new ResizeObserver((entries) => entries.forEach((entry) => follow(entry.target)));
parts.forEach((part) => sizes.observe(part));
// The fonts of formulas come later, and change how wide their content is.
document.fonts.ready.then(() => parts.forEach(follow));
