// Drawers that can be closed with a button and give the focus back; one button for the rest.
for (const side of ["primary", "secondary"]) {
  const toggle = document.querySelector(`.${side}-toggle`);
  const drawer = document.getElementById(`pst-${side}-sidebar-modal`);
  const sidebar = document.getElementById(`pst-${side}-sidebar`);
  if (!toggle || !drawer || !sidebar) continue;
  const close = document.createElement("button");
  close.className = "bn-close";
  close.type = "button";
  close.ariaLabel = "Close";
  close.textContent = "×";
  close.addEventListener("click", () => drawer.close());
  sidebar.prepend(close); // the theme moves all of it into the drawer and back
  drawer.addEventListener("close", () => toggle.focus());
}

const buttons = document.querySelector(".article-header-buttons");
if (buttons) {
  const more = document.createElement("button");
  more.className = "btn btn-sm bn-more";
  more.type = "button";
  more.ariaLabel = "More";
  more.ariaExpanded = "false";
  more.textContent = "⋯";
  more.addEventListener("click", () => {
    more.ariaExpanded = String(more.ariaExpanded === "false");
  });
  buttons.prepend(more);
}

// A browser that may keep something keeps which pages were seen, for a dot beside their names.
try {
  const seen = new Set(JSON.parse(localStorage.getItem("bn-seen") ?? "[]"));
  for (const link of document.querySelectorAll(".bd-links a.reference"))
    link.classList.toggle("bn-visited", seen.has(link.pathname) && link.pathname !== location.pathname);
  localStorage.setItem("bn-seen", JSON.stringify([...seen.add(location.pathname)]));
} catch {
  // then there are no dots
}
