"""Citations by author and year, and the list of what was cited."""

from __future__ import annotations

import re
from pathlib import Path

from pybtex.backends.markdown import Backend
from pybtex.database import BibliographyData, Entry, Person, parse_file
from pybtex.richtext import Text
from pybtex.style.formatting.plain import Style

from tools.submission.errors import Place, SubmissionError


class Bibliography:
    """The entries of a BibTeX file; remembers which were cited."""

    def __init__(self, path: Path) -> None:
        self._file = path.name
        self._data: BibliographyData = parse_file(str(path), bib_format="bibtex")
        self._cited: set[str] = set()

    def cite(self, keys: str, textual: bool, place: Place) -> str:
        """Return links such as `([Wu and He, 2018](#ref-wu2018))` or `[Wu and He (2018)](...)`.

        `keys` are separated by commas. Raises SubmissionError for an unknown one.
        """
        links = []
        for key in (key.strip() for key in keys.split(",")):
            if key not in self._data.entries:
                raise SubmissionError(
                    place, f"the citation {key!r} is unknown", f"add it to {self._file}"
                )
            self._cited.add(key)
            entry = self._data.entries[key]
            who, year = authors(entry), entry.fields.get("year", "n.d.")
            text = f"{who} ({year})" if textual else f"{who}, {year}"
            links.append(f"[{text}](#ref-{key})")
        return ", ".join(links) if textual else f"({'; '.join(links)})"

    def references(self) -> str:
        """Return the cited entries as a Markdown list, by author and year."""
        backend = Backend()
        cited = sorted(
            self._cited,
            key=lambda key: (
                authors(self._data.entries[key]),
                self._data.entries[key].fields.get("year", ""),
                key,
            ),
        )
        style = Style()
        lines = []
        for key in cited:
            (formatted,) = style.format_entries([self._data.entries[key]])
            # The backend escapes more than what has a meaning in the middle of a line.
            text = re.sub(r"\\([-.()])", r"\1", formatted.text.render(backend)).replace("\n", " ")
            lines.append(f'- <a id="ref-{key}"></a>{text}')
        return "\n".join(lines)


def authors(entry: Entry) -> str:
    """Return the authors as cited: one name, two names, or the first `et al.`."""
    people: list[Person] = entry.persons.get("author") or entry.persons.get("editor") or []
    names = [_family_name(person) for person in people]
    if not names:
        return str(entry.fields.get("title", entry.key))
    if len(names) > 2:
        return f"{names[0]} et al."
    return " and ".join(names)


def _family_name(person: Person) -> str:
    words = [*person.rich_prelast_names, *person.rich_last_names]
    return str(Text(" ").join(words))
