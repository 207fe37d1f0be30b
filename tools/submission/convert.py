"""MyST Markdown to the Markdown that Jupyter, GitHub and Colab show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

from tools.submission.directives import ADMONITIONS, Call, is_directive, read_directive
from tools.submission.errors import Place, SubmissionError
from tools.submission.layout import indentation, reindented
from tools.submission.maths import display, expand
from tools.submission.roles import Inline
from tools.submission.tables import table_end, table_lines

PASSED = {
    "blockquote_close",
    "blockquote_open",
    "bullet_list_close",
    "bullet_list_open",
    "code_block",
    "heading_close",
    "hr",
    "list_item_close",
    "list_item_open",
    "ordered_list_close",
    "ordered_list_open",
    "paragraph_close",
    "paragraph_open",
}


@dataclass(frozen=True)
class Listing:
    """A `literalinclude`: the notebook has library code here."""

    call: Call


@dataclass(frozen=True)
class Converter:
    """Converts text; listings of library code are handed back, as cells of their own."""

    parser: MarkdownIt
    inline: Inline

    def text(self, source: str, place: Place) -> str:
        """Convert a text without headings and listings of its own, such as a caption."""
        parts = self.parts(source, place, 0)
        if any(isinstance(part, Listing) for part in parts):
            raise SubmissionError(
                place, "a literalinclude inside another construct", "put it on its own"
            )
        return "\n".join(part for part in parts if isinstance(part, str))

    def parts(self, source: str, place: Place, deeper: int) -> list[str | Listing]:
        """Convert a text; headings go `deeper` levels down (at most to the sixth).

        Raises SubmissionError for a construct that is not understood.
        """
        lines = source.splitlines()
        tokens = self.parser.parse(source)
        parts: list[str | Listing] = []
        current: list[str] = []
        done = position = 0
        while position < len(tokens):
            token = tokens[position]
            edit = self._edit(tokens, position, lines, place, deeper)
            position = table_end(tokens, position) if token.type == "table_open" else position
            # A heading's text was converted with its opening token.
            position += 2 if token.type == "heading_open" else 1
            if edit is None or token.map is None:
                continue
            start, stop = token.map
            current += lines[done:start]
            if isinstance(edit, Listing):
                parts += ["\n".join(current), edit]
                current = []
            else:
                current += edit
            done = stop
        parts.append("\n".join([*current, *lines[done:]]))
        stripped = (part.strip("\n") if isinstance(part, str) else part for part in parts)
        return [part for part in stripped if part]

    def _edit(
        self, tokens: Sequence[Token], position: int, lines: list[str], place: Place, deeper: int
    ) -> list[str] | Listing | None:
        """Return what replaces the lines of a token; None keeps them."""
        token = tokens[position]
        where = place.down(token.map[0]) if token.map else place
        if token.type in PASSED:
            return None
        if token.type == "heading_open" and token.level == 0:
            level = min(int(token.tag[1:]) + deeper, 6)
            return [f"{'#' * level} {self.inline.convert(tokens[position + 1], where)}"]
        if token.type == "inline":
            return reindented(self.inline.convert(token, where), token, lines)
        if token.type == "table_open":
            return table_lines(tokens, position, self.inline, where)
        if token.type == "myst_target":
            return [f'<a id="{token.content.lower()}"></a>', ""]
        if token.type == "myst_line_comment":
            return []
        if token.type == "html_block" and token.content.lstrip().startswith("<!--"):
            return []
        if token.type in {"math_block", "math_block_label"}:
            return self._formula(
                token.content, token.info or None, where, indentation(token, lines)
            )
        if is_directive(token):
            call = read_directive(token, where)
            if call.name == "literalinclude" and token.level == 0:
                return Listing(call)
            return [indentation(token, lines) + line for line in self._directive(call, where)]
        if token.type == "fence":
            return None
        raise SubmissionError(
            where,
            f"the construct `{token.type.removesuffix('_open')}` is not understood",
            "use headings, paragraphs, lists, quotations, Markdown tables, formulas, code cells, "
            "admonitions or literalinclude",
        )

    def _directive(self, call: Call, place: Place) -> list[str]:
        if call.name == "math":
            label = call.options.get("label") or call.options.get("name")
            source = f"{call.argument}\n{call.body}"
            return self._formula(source, str(label) if label else None, place, "")
        if call.name == "table":
            label = str(call.options.get("name", "")).lower()
            number = self.inline.references.numbers.get(label)
            name = f"**Table {number}.** " if number else ""
            anchor = f'<a id="{label}"></a>' if label else ""
            caption = self.text(call.argument, place)
            return [f"{anchor}{name}{caption}", "", *self.text(call.body, call.place).splitlines()]
        if call.name in ADMONITIONS:
            title = self.text(call.argument, place) if call.argument else call.name.capitalize()
            body = self.text(call.body, call.place).splitlines()
            label = str(call.options.get("name", "")).lower()
            before = [f'<a id="{label}"></a>', ""] if label else []
            quoted = [f"> {line}".rstrip() for line in (f"**{title}**", "", *body)]
            return [*before, *quoted]
        raise SubmissionError(place, f"{{{call.name}}} inside another construct", "put it apart")

    def _formula(self, source: str, label: str | None, place: Place, indent: str) -> list[str]:
        name = label.lower() if label else None
        number = self.inline.references.numbers.get(name) if name else None
        formula = display(expand(source, self.inline.macros, place), name, number)
        return [indent + line for line in formula.splitlines()]
