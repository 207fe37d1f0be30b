// Claims: links open what they lead to, and are copied; a picture says what is pointed at.

function openAddressed() {
  const card = document.getElementById(location.hash.slice(1));
  const line = card?.closest("details.bn-line");
  if (line && !line.open) {
    line.open = true;
    card.scrollIntoView();
  }
  if (location.hash.startsWith("#claims?"))
    document.querySelector('[data-module="scoreboard"]')?.scrollIntoView();
}

addEventListener("hashchange", openAddressed);
openAddressed();

document.addEventListener("click", async ({ target }) => {
  const link = target.closest?.("a.bn-copy");
  if (!link || !navigator.clipboard) return;
  await navigator.clipboard.writeText(link.href);
  link.textContent = "Copied";
});

for (const picture of document.querySelectorAll(".bn-picture")) {
  const says = picture.querySelector(".bn-pointed");
  const tell = ({ target }) => {
    says.textContent = target.closest("a[class]")?.getAttribute("aria-label") ?? "";
  };
  picture.addEventListener("pointerover", tell);
  picture.addEventListener("focusin", tell);
}
