"""Style sheets without the rules that no page can use."""

import re
from collections.abc import Iterable

import tinycss2  # type: ignore[import-untyped]

WITH_RULES_INSIDE = {"media", "supports", "layer", "container"}
_ATTRIBUTE = re.compile(r"""(?:class|id)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_WORD = re.compile(r"[\w-]+")


def names_of_page(html: str) -> set[str]:
    """Classes and ids of a page's elements."""
    return {name for pair in _ATTRIBUTE.findall(html) for text in pair for name in text.split()}


def names_in_script(text: str) -> set[str]:
    """Every word of a script: it may give an element any of them as a class."""
    return set(_WORD.findall(text))


def selector_names(tokens: Iterable[tinycss2.ast.Node]) -> set[str]:
    """Classes and ids an element, or those around it, must have for a selector to fit.

    What stands in `:is()` or `:not()` is no condition here: such rules are rather kept.
    """
    names, after_dot = set(), False
    for token in tokens:
        if token.type == "hash" or (token.type == "ident" and after_dot):
            names.add(token.value)
        after_dot = token.type == "literal" and token.value == "."
    return names


def selectors(tokens: Iterable[tinycss2.ast.Node]) -> list[list[tinycss2.ast.Node]]:
    """The selectors of a list, which commas part."""
    found: list[list[tinycss2.ast.Node]] = [[]]
    for token in tokens:
        if token.type == "literal" and token.value == ",":
            found.append([])
        else:
            found[-1].append(token)
    return found


def purged_rules(rules: Iterable[tinycss2.ast.Node], names: set[str]) -> str:
    """The rules that elements with these names can meet, as text without comments."""
    parts = []
    for rule in rules:
        if rule.type == "qualified-rule":
            kept = [s for s in selectors(rule.prelude) if selector_names(s) <= names]
            if kept:
                heads = ",".join(tinycss2.serialize(s).strip() for s in kept)
                parts.append(f"{heads}{{{body(rule.content)}}}")
        elif rule.type == "at-rule" and rule.content is None:
            parts.append(rule.serialize())
        elif rule.type == "at-rule":
            inside = body(rule.content)
            if rule.lower_at_keyword in WITH_RULES_INSIDE:
                nested = tinycss2.parse_rule_list(rule.content, True, True)
                inside = purged_rules(nested, names)
            if inside:
                prelude = tinycss2.serialize(rule.prelude).strip()
                parts.append(f"@{rule.at_keyword} {prelude}{{{inside}}}")
    return "\n".join(parts)


def body(tokens: list[tinycss2.ast.Node]) -> str:
    """Declarations as text, without comments and needless space."""
    shown = [token for token in tokens if token.type != "comment"]
    return re.sub(r"\s+", " ", tinycss2.serialize(shown)).strip()


def purged(css: str, names: set[str]) -> str:
    """A style sheet without comments and without rules for classes and ids not in `names`."""
    return purged_rules(tinycss2.parse_stylesheet(css, True, True), names)
