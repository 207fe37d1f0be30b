// The switch that shows all code of a page: what is folded unfolds, what is left out comes in.
const page = document.documentElement;
const boxes = document.querySelectorAll(".bn-switch input");
const folds = document.querySelectorAll("details.bn-code, .bn-long details");

function show(all) {
  if (all) page.dataset.code = "all";
  else delete page.dataset.code;
  boxes.forEach((box) => { box.checked = all; });
  folds.forEach((fold) => { fold.open = all; });
}

function remember(all) {
  try {
    if (all) localStorage.setItem("code", "all");
    else localStorage.removeItem("code");
  } catch {} // then it holds for this page
}

boxes.forEach((box) => box.addEventListener("change", () => {
  show(box.checked);
  remember(box.checked);
}));
show(page.dataset.code === "all");
