"""A page in common Markdown, from the document that Sphinx has resolved and written as HTML.

A page is a list of blocks: texts, and where its code cells stand their numbers.
"""

import re
from html import escape, unescape
from itertools import groupby
from types import SimpleNamespace
from typing import Any
from urllib.parse import urljoin

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

from .figure_data import title_of
from .figures import ancestors

logger = logging.getLogger(__name__)

Block = str | int
RUN = "*Run the cells up to this one, and the figure responds.*"
_SPECIAL = re.compile(r"[\\`*_<>$|~]|\](?=\()")
_FIRST = re.compile(r"^([-+#]|\d+[.)])(?=\s)")  # what would begin a list or a heading
_FOLD = re.compile("</?details")
_STILL = re.compile(r'<img class="bn-still"[^>]* alt="([^"]*)"')
_LINK = re.compile(r'<a\b[^>]*\bhref="([^"]*)"[^>]*>([^<]*)</a>')


def quoted(text: str) -> str:
    """A text as a quote."""
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())


def folded(title: str, text: str) -> str:
    """A text that unfolds below its title."""
    return f"<details><summary>{escape(title, quote=False)}</summary>\n\n{text}\n\n</details>"


def escaped(text: str) -> str:
    """Plain words, none of whose signs mean anything."""
    return _SPECIAL.sub(r"\\\g<0>", text.replace("&", "&amp;"))


class Page:
    """The translation of a page.

    `titles` names what its code cells draw or solve, `solutions` holds those that solve.
    """

    def __init__(self, app: Sphinx, name: str) -> None:
        self.app, self.name = app, name
        self.address = urljoin(app.config.html_baseurl, app.builder.get_target_uri(name))
        self.titles: dict[int, str] = {}
        self.solutions: set[int] = set()

    def translated(self, kind: str, node: nodes.Node) -> Any:
        """A node by the method for its class, or for the nearest class above."""
        for above in type(node).__mro__:
            if method := getattr(self, f"{kind}_{above.__name__}", None):
                return method(node)
        place = (self.name, node.line)
        logger.warning("no Markdown is known for this %s: %r", kind, node, location=place)
        return ""

    def span_inline(self, node: nodes.Node) -> str:
        return "".join(self.translated("span", child) for child in node.children)

    def line(self, node: nodes.Node) -> str:
        """The content of a node in one line."""
        return " ".join(self.span_inline(node).split())

    def span_Text(self, node: nodes.Text) -> str:
        return escaped(str(node))

    def span_emphasis(self, node: nodes.Element) -> str:
        return f"*{self.line(node)}*"

    def span_strong(self, node: nodes.Element) -> str:
        return f"**{self.line(node)}**"

    def span_literal(self, node: nodes.Element) -> str:
        text = node.astext()
        return f"`` {text} ``" if "`" in text else f"`{text}`"

    def span_math(self, node: nodes.Element) -> str:
        return f"${self.formula(node)}$"

    def span_reference(self, node: nodes.Element) -> str:
        address = node.get("refuri") or f"#{node['refid']}"
        return f"[{self.line(node)}]({urljoin(self.address, address)})"

    def span_image(self, node: nodes.Element) -> str:
        return f"![{node['alt']}]({urljoin(self.address, node['uri'])})"

    def span_raw(self, node: nodes.Element) -> str:
        links = _LINK.findall(node.astext())
        return "".join(f" [{text}]({urljoin(self.address, address)})" for address, text in links)

    def span_target(self, node: nodes.Element) -> str:
        return ""

    def formula(self, node: nodes.Element) -> str:
        """A formula in one line, the book's own commands written out."""
        text = " ".join(node.astext().split())
        for name, meaning in self.app.config.book_macros.items():
            text = f"{{{meaning}}}".join(re.split(rf"\\{name}(?![A-Za-z])", text))
        return text

    def block_Element(self, node: nodes.Element) -> list[Block]:
        return [block for child in node.children for block in self.translated("block", child)]

    def text(self, node: nodes.Element) -> str:
        """The blocks of a node without code cells."""
        return "\n\n".join(map(str, self.block_Element(node)))

    def block_target(self, node: nodes.Element) -> list[Block]:
        return []

    block_Invisible = block_target

    def block_raw(self, node: nodes.Element) -> list[Block]:
        html = node.astext().strip()  # what folds a text does so in notebooks too
        return [html] if _FOLD.match(html) else []

    def block_TextElement(self, node: nodes.Element) -> list[Block]:
        return [_FIRST.sub(lambda m: f"{m[1][:-1]}\\{m[1][-1]}", self.line(node))]

    def block_title(self, node: nodes.Element) -> list[Block]:
        sections = [above for above in ancestors(node) if isinstance(above, nodes.section)]
        anchor = f"#{sections[0]['ids'][0]}" if len(sections) > 1 else ""
        number = self.app.env.toc_secnumbers.get(self.name, {}).get(anchor, ())
        words = ["#" * len(sections), "".join(f"{part}." for part in number), self.line(node)]
        return [" ".join(filter(None, words))]

    def block_math_block(self, node: nodes.math_block) -> list[Block]:
        formula = self.formula(node)
        if r"\\" in formula and r"\begin" not in formula:
            formula = rf"\begin{{aligned}} {formula} \end{{aligned}}"
        if node.get("number"):
            writer: Any = SimpleNamespace(builder=self.app.builder)
            formula += rf" \tag{{{get_node_equation_number(writer, node)}}}"
        return [f"$$ {formula} $$"]

    def block_literal_block(self, node: nodes.Element) -> list[Block]:
        language = str(node.get("language", "")).replace("ipython3", "python")
        return [f"```{language}\n{node.astext().rstrip()}\n```"]

    def block_bullet_list(self, node: nodes.Element) -> list[Block]:
        items, counted = [], isinstance(node, nodes.enumerated_list)
        for number, child in enumerate(node.children, node.get("start", 1)):
            marker = f"{number}. " if counted else "- "
            text = "\n\n".join(map(str, self.translated("block", child)))
            items.append(marker + text.replace("\n", "\n" + " " * len(marker)))
        return ["\n".join(items)]

    block_enumerated_list = block_bullet_list

    def block_block_quote(self, node: nodes.Element) -> list[Block]:
        return [quoted(self.text(node))]

    def block_table(self, node: nodes.Element) -> list[Block]:
        rows = [
            f"| {' | '.join(self.text(entry) for entry in row.findall(nodes.entry))} |"
            for row in node.findall(nodes.row)
        ]
        rule = "|" + " --- |" * len(list(node.findall(nodes.colspec)))
        return ["\n".join([rows[0], rule, *rows[1:]])]

    def block_Admonition(self, node: nodes.Element) -> list[Block]:
        title, *rest = node.children  # Sphinx has put one where there was none
        label = title_of(self.app, node, self.name, "exercise") + "".join(
            f"${self.formula(text.parent)}$" if isinstance(text.parent, nodes.math) else str(text)
            for text in title.findall(nodes.Text)
        )
        found = [block for child in rest for block in self.translated("block", child)]
        if "dropdown" not in node["classes"]:
            return [quoted("\n\n".join([f"**{escaped(label)}**", *map(str, found)]))]
        blocks: list[Block] = []
        for cells, group in groupby(found, lambda block: isinstance(block, int)):
            if cells:
                blocks += [] if blocks else [f"**{escaped(label)}:**"]
                blocks += (indices := [block for block in group if isinstance(block, int)])
                self.solutions.update(indices)
                self.titles.update(dict.fromkeys(indices, label))
            else:
                summary = f"{label}, continued" if blocks else label
                blocks.append(folded(summary, "\n\n".join(map(str, group))))
        return blocks

    def block_container(self, node: nodes.Element) -> list[Block]:
        if node.get("nb_element") != "cell_code":
            return self.block_Element(node)
        index, blocks = node["cell_index"], []
        for figure in node.findall(nodes.figure):
            self.titles[index] = title = title_of(self.app, figure, self.name, "figure")
            blocks += [f"**{title}.** {self.line(part)}" for part in figure.findall(nodes.caption)]
            blocks += [self.in_words(image["alt"]) for image in figure.findall(nodes.image)]
        for raw in node.findall(nodes.raw):
            if alt := _STILL.search(raw.astext()):
                blocks += [RUN, self.in_words(unescape(alt[1]))]
        return [index, *blocks]

    def in_words(self, alt: str) -> str:
        """What a picture shows, for who cannot see it."""
        return folded("The figure in words", escaped(" ".join(alt.split())))
