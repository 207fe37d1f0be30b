// Starts the interactive figures of a page that has no kernel. `BN_MODULES` holds their sources.
// A classic script: pages opened from a disk may not load modules from files.

(() => {
  /** What a module asks of a widget's model: values, and calls when they change. */
  class PageModel extends EventTarget {
    #values;
    ofPage = true; // no kernel reads it, and the address is the page's own

    constructor(values, still) {
      super();
      this.#values = values;
      this.still = still; // what stands in the page for readers without scripts
    }

    get(name) {
      return this.#values[name];
    }

    set(name, value) {
      this.#values[name] = value;
      this.dispatchEvent(new Event(`change:${name}`));
    }

    on(event, call) {
      this.addEventListener(event, call);
    }

    off(event, call) {
      this.removeEventListener(event, call);
    }

    save_changes() {}
  }

  async function start(figure) {
    const still = figure.querySelector(".bn-still");
    const stage = document.createElement("div");
    try {
      const state = JSON.parse(figure.querySelector("script").textContent);
      const source = window.BN_MODULES[figure.dataset.module];
      if (!source) throw new Error(`this page has no module ${figure.dataset.module}`);
      const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
      const { default: module } = await import(address); // which a worker of it may ask for again
      const model = new PageModel(state, still);
      figure.bnModel = model;
      figure.append(stage); // so that the first pictures know their width
      await module.render({ model, el: stage });
      still.hidden = true;
      figure.dataset.state = "live";
    } catch (error) {
      stage.remove();
      const words = document.createElement("p");
      words.className = "bn-failed";
      words.textContent =
        "This is a still picture: the interactive figure could not start " +
        `(${error?.message ?? error}).`;
      figure.append(words);
      figure.dataset.state = "failed";
    }
  }

  const figures = [...document.querySelectorAll(".bn-explorable")];
  if (!window.IntersectionObserver) {
    figures.forEach(start);
    return;
  }
  // Far from the screen they wait, so that a page shows its text first.
  const near = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries)
        if (isIntersecting) {
          near.unobserve(target);
          start(target);
        }
    },
    { rootMargin: "600px" },
  );
  for (const figure of figures) near.observe(figure);
  // Printed pages show all of them.
  addEventListener("beforeprint", () => {
    for (const figure of figures.filter(({ dataset }) => !dataset.state)) {
      near.unobserve(figure);
      start(figure);
    }
  });
})();
