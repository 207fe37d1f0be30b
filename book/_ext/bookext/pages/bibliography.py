"""Labels the entries of the bibliography as the text cites them: Ioffe and Szegedy, 2015."""

from collections.abc import Iterable, Iterator
from typing import Any

from pybtex.backends.plaintext import Backend
from pybtex.database import Entry
from pybtex.plugin import register_plugin
from pybtex.style.formatting.plain import Style as Plain
from pybtex.style.labels import BaseLabelStyle
from sphinx.application import Sphinx
from sphinxcontrib.bibtex.style.referencing.basic_author_year import (
    BasicAuthorYearParentheticalReferenceStyle,
)
from sphinxcontrib.bibtex.style.template import join, year

_PLAIN = Backend()  # its name would be looked up among all packages for each label
_TEXT = BasicAuthorYearParentheticalReferenceStyle()


class AuthorYearLabels(BaseLabelStyle):  # type: ignore[misc]
    """Last names and year; from three authors on, the first and *et al.*; a and b where alike."""

    def format_labels(self, sorted_entries: Iterable[Entry]) -> Iterator[str]:
        """The label of each entry, in order."""
        labels = [author_year(entry) for entry in sorted_entries]
        for index, label in enumerate(labels):
            letter = chr(ord("a") + labels[:index].count(label))
            yield label + letter if labels.count(label) > 1 else label


def author_year(entry: Entry) -> str:
    """What the text shows for an entry, with particles and accents, and no *et al.* in italics."""
    people = _TEXT.person.author_or_editor_or_title(full=False)
    label = join(sep=_TEXT.author_year_sep)[people, year]
    return str(label.format_data({"entry": entry, "style": _TEXT}).render(_PLAIN))


class AuthorYearStyle(Plain):  # type: ignore[misc]
    """The plain style with these labels."""

    default_label_style = AuthorYearLabels


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension and its style, `authoryear`."""
    register_plugin("pybtex.style.formatting", "authoryear", AuthorYearStyle)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
