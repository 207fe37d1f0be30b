// Previews stay while the mouse is on them, open to the Tab key, and close with Escape. Where one
// touches, a term shows its preview first.
{
  // In the page's main part; beside its link one would take over the look of the text there.
  tippy.setDefaultProps({ appendTo: () => document.querySelector("main") ?? document.body });

  const previewOf = (part) => part.closest?.("a:has(> .std-term)")?._tippy;
  let wasOpen = false; // when a touch began, which itself opens a preview
  addEventListener("pointerdown", ({ target }) => {
    wasOpen = previewOf(target)?.state.isVisible ?? false;
  });
  addEventListener("click", (event) => {
    const preview = previewOf(event.target);
    if (event.pointerType !== "touch" || !preview || wasOpen) return;
    event.preventDefault();
    preview.show();
  });

  const linksIn = (box) => [...box.querySelectorAll("a[href]")];

  addEventListener("keydown", (event) => {
    if (event.key === "Escape") tippy.hideAll();
    if (event.key !== "Tab") return;
    const box = event.target.closest("[data-tippy-root]");
    if (box) {
      const links = linksIn(box);
      // At either end the browser goes on from the link that the preview belongs to.
      if (event.target === links[event.shiftKey ? 0 : links.length - 1]) {
        const link = box._tippy.reference;
        box._tippy.hide();
        link.focus();
        if (event.shiftKey) event.preventDefault();
      }
    } else if (!event.shiftKey && event.target._tippy?.state.isVisible) {
      const [first] = linksIn(event.target._tippy.popper);
      if (!first) return;
      first.focus();
      event.preventDefault();
    }
  });
}
