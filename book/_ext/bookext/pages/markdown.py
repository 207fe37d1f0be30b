"""A page in common Markdown: markdownify reads its HTML, and code, formulas and cells are put in.

Before each heading stands the sign `CELL`, and for each cell of code this sign with its number.
"""

import re
from html import escape
from typing import Any
from urllib.parse import urljoin

from docutils import nodes
from markdownify import MarkdownConverter
from sphinx.application import Sphinx
from sphinx.util.math import get_node_equation_number

from ..building.stop import refuse
from ..web.equations import written_out
from .figure_data import title_of
from .listings import PAGE_ONLY

CELL = "\N{OBJECT REPLACEMENT CHARACTER}"
RUN = "<p><em>Run the cells up to this one, and the figure responds.</em></p>"
WORDS = "<details><summary>The figure in words</summary><p>{}</p></details>"
ONLY = {"bn-findings", PAGE_ONLY}  # what a notebook leaves out
# Tags whose content is all there is to them.
PLAIN = {"col", "colgroup", "figure", "span", "tbody", "thead"}
_SPECIAL = re.compile(r"[\\`*_<>$|~]|\](?=\()")
_FIRST = re.compile(r"^(\d*)([-+.)]|#+)(?=\s)")  # what would begin a list or a heading
_FOLD = re.compile(r"\s*(<details>\s*<summary>.*?</summary>|</details>)\s*", re.DOTALL)
_DROPDOWN = re.compile(
    r'<details class="sd-.*?class="sd-summary-text">(.*?)</span><span.*?</summary>', re.DOTALL
)
_STILL = re.compile(r'<img class="bn-still"[^>]* alt="([^"]*)"')


def raw(markdown: str, html: str = "") -> nodes.Node:
    """Markdown and HTML that are to stand in the place of a node."""
    return nodes.raw("", f"<data>{escape(markdown)}</data>{html}", format="html")


class Page(MarkdownConverter):
    """The translation of a page; `titles` and `solutions` tell what cells draw, and which solve."""

    def __init__(self, app: Sphinx, name: str) -> None:
        super().__init__(bullets="-", wrap=True, wrap_width=None, autolinks=False)
        self.app, self.name = app, name
        self.address = urljoin(app.config.html_baseurl, app.builder.get_target_uri(name))
        self.titles: dict[int, str] = {}
        self.solutions: set[int] = set()

    def translated(self, doctree: nodes.document) -> str:
        """The Markdown of a document."""
        tree = doctree.deepcopy()
        for found in [n for n in tree.findall(nodes.raw) if ONLY & set(n["classes"])]:
            found.parent.remove(found)  # a drawing that only a page can show
        writer: Any = self.app.builder.create_translator(tree, self.app.builder)
        for node in [*tree.findall(nodes.container)]:
            if node.get("nb_element") == "cell_code":
                node.replace_self(self.cell(node))
        for math in [*tree.findall(nodes.math)]:
            math.replace_self(raw(f"${written_out(self.app, math.astext())}$"))
        for block in [*tree.findall(nodes.math_block)]:
            formula = written_out(self.app, block.astext())
            if r"\\" in formula and r"\begin" not in formula:
                formula = rf"\begin{{aligned}} {formula} \end{{aligned}}"
            if block.get("number"):
                formula += rf" \tag{{{get_node_equation_number(writer, block)}}}"
            block.replace_self(raw(f"\n\n$$ {formula} $$\n\n"))
        for code in [*tree.findall(nodes.literal_block)]:
            language = code.get("language", "").replace("ipython3", "python")
            code.replace_self(raw(f"\n\n```{language}\n{code.astext().rstrip()}\n```\n\n"))
        tree.walkabout(writer)
        body = _DROPDOWN.sub(r"<details><summary>\1</summary>", "".join(writer.body))
        kept = _FOLD.sub(lambda fold: raw(f"\n\n{fold[1]}\n\n").astext(), body)
        return self.convert(kept)

    def cell(self, node: nodes.Element) -> list[nodes.Node]:
        """The number of a code cell; below it the captions of its figures, and their words."""
        index = node["cell_index"]
        below = [raw(f"\n\n{CELL}{index}\n\n")]
        for figure in node.findall(nodes.figure):
            self.titles[index] = title = title_of(self.app, figure, self.name)
            for caption in figure.findall(nodes.caption):
                caption.insert(0, [nodes.strong("", f"{title}."), nodes.Text(" ")])
                below.append(nodes.paragraph("", "", *caption.children))
            below += [raw("", WORDS.format(escape(i["alt"]))) for i in figure.findall(nodes.image)]
        outputs = "".join(output.astext() for output in node.findall(nodes.raw))
        return below + [raw("", RUN + WORDS.format(alt)) for alt in _STILL.findall(outputs)]

    def get_conv_fn(self, tag_name: str) -> Any:
        """The method for a tag."""
        method = super().get_conv_fn(tag_name)  # type: ignore[misc]
        if method is None and tag_name not in PLAIN:
            refuse(self.name, f"no Markdown is known for <{tag_name}>")
        return method

    convert_dl = convert_sub = convert_sup = None  # common Markdown has none of these

    def escape(self, text: str, parent_tags: Any = None) -> str:
        return _SPECIAL.sub(r"\\\g<0>", text.replace("&", "&amp;"))

    def convert_data(self, el: Any, text: str, parent_tags: Any) -> str:
        return str(el.get_text())

    def convert_a(self, el: Any, text: str, parent_tags: Any) -> str:
        if "headerlink" in el.get("class", []):
            return ""
        el.attrs = {"href": urljoin(self.address, el["href"])}
        return str(super().convert_a(el, text, parent_tags))  # type: ignore[misc]

    def convert_img(self, el: Any, text: str, parent_tags: Any) -> str:
        return f"![{el['alt']}]({urljoin(self.address, el['src'])})"

    def convert_hN(self, n: int, el: Any, text: str, parent_tags: Any) -> str:
        return f"\n\n{CELL}{'#' * n} {text.strip()}\n\n"

    def convert_p(self, el: Any, text: str, parent_tags: Any) -> str:
        if "admonition-title" in el.get("class", []):
            return ""  # `convert_div` writes it
        return "\n\n" + _FIRST.sub(r"\1\\\2", text.strip()) + "\n\n"

    def convert_div(self, el: Any, text: str, parent_tags: Any) -> str:
        title = el.find("p", class_="admonition-title", recursive=False)
        if title is None:
            return f"\n\n{text.strip()}\n\n"
        label = " ".join(title.get_text().split())
        name = self.escape(label)
        if "dropdown" not in el["class"]:
            lines = f"**{name}**\n\n{text.strip()}".split("\n")
            return "\n\n" + "\n".join(f"> {line}".rstrip() for line in lines) + "\n\n"
        blocks: list[str] = []
        for part in filter(None, map(str.strip, re.split(rf"(?m)^({CELL}\d+)$", text))):
            if part.startswith(CELL):
                blocks += [part] if blocks else [f"**{name}:**", part]
                self.titles[int(part[1:])] = label
                self.solutions.add(int(part[1:]))
            else:
                summary = escape(f"{label}, continued" if blocks else label, quote=False)
                blocks.append(f"<details><summary>{summary}</summary>\n\n{part}\n\n</details>")
        return "\n\n".join(["", *blocks, ""])
