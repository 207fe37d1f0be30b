// What a search finds while one types: chapters, terms, sections and claims, by their names.
{
  const KINDS = ["chapter", "term", "section", "claim"];
  const MOST = 10;
  const FORMS = document.querySelectorAll("form.bd-search");
  const NOT_TEXT = ".katex-mathml, pre, .bn-explorable, .bn-findings";
  let asked;

  /** The index of the site, which is loaded when somebody types. */
  function askIndex() {
    if (typeof Search !== "undefined" && Search._index) return Promise.resolve(Search._index);
    return new Promise((resolve, reject) => {
      window.Search = { setIndex: resolve }; // what the index calls
      const script = document.createElement("script");
      script.src = `${document.documentElement.dataset.content_root}searchindex.js`;
      script.onerror = reject;
      document.head.append(script);
    });
  }

  /** A title as text, without the number before it. */
  function plain(title) {
    const page = new DOMParser().parseFromString(title, "text/html");
    page.querySelector(".section-number")?.remove();
    return page.body.textContent;
  }

  /** All that has a name: its kind, where it stands, and its address. */
  function named({ docnames, titles, alltitles, indexentries, objects, objtypes }) {
    const root = document.documentElement.dataset.content_root;
    const found = [];
    const names = titles.map(plain);
    const add = (kind, name, page, id) =>
      found.push({ kind, name, page: names[page], address: `${root}${docnames[page]}.html${id ? `#${id}` : ""}` });
    names.forEach((name, page) => add("chapter", name, page));
    for (const [title, places] of Object.entries(alltitles))
      for (const [page, id] of places) if (id) add("section", title.trim(), page, id);
    for (const [term, places] of Object.entries(indexentries))
      for (const [page, id] of places) if (id.startsWith("term-")) add("term", term, page, id);
    for (const [before, those] of Object.entries(objects))
      for (const [page, type, , id, name] of those)
        if (objtypes[type] === "std:claim") add("claim", before ? `${before}.${name}` : name, page, id);
    return found;
  }

  /** The best of those in whose names words begin with all the words that are searched. */
  function search(entries, text) {
    const sought = text.toLowerCase().trim();
    const words = sought.split(/\s+/).map((word) => word.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"));
    const begins = words.map((word) => new RegExp(`(?<![\\p{L}\\p{N}])${word}`, "iu"));
    const rank = ({ name, kind }) => {
      const low = name.toLowerCase();
      return (low === sought ? 0 : low.startsWith(sought) ? 10 : 20) + KINDS.indexOf(kind);
    };
    return entries.filter(({ name }) => sought && begins.every((word) => word.test(name)))
      .sort((a, b) => rank(a) - rank(b) || a.name.length - b.name.length).slice(0, MOST);
  }

  function row({ kind, name, page, address }) {
    const item = document.createElement("li");
    const link = document.createElement("a");
    const where = document.createElement("small");
    link.href = address;
    where.textContent = ["chapter", "term"].includes(kind) ? kind : `${kind} of ${page}`;
    link.append(name, " ", where);
    link.addEventListener("click", () => link.closest("dialog")?.close());
    item.append(link);
    return item;
  }

  for (const form of FORMS) {
    const input = form.querySelector("input");
    const list = document.createElement("ul");
    const says = document.createElement("p");
    list.className = "bn-hits";
    says.className = "visually-hidden";
    says.role = "status";
    form.after(list, says);
    input.addEventListener("input", async () => {
      asked ??= askIndex().then(named);
      const hits = search(await asked, input.value);
      list.replaceChildren(...hits.map(row));
      says.textContent = input.value ? `${hits.length} names found; Enter searches the text` : "";
    });
    const move = (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!step) return;
      const stops = [input, ...list.querySelectorAll("a")];
      stops[stops.indexOf(event.target) + step]?.focus();
      event.preventDefault();
    };
    input.addEventListener("keydown", move);
    list.addEventListener("keydown", move);
  }

  // Excerpts of the full search: without code, and without the source of formulas.
  addEventListener("DOMContentLoaded", () => {
    if (typeof Search === "undefined" || !Search.htmlToText) return;
    const textOf = Search.htmlToText;
    Search.htmlToText = (html, anchor) => {
      const page = new DOMParser().parseFromString(html, "text/html");
      page.querySelectorAll(NOT_TEXT).forEach((part) => part.remove());
      return textOf(page.documentElement.outerHTML, anchor);
    };
  });
}
