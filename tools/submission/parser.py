"""A MyST parser whose roles and inline formulas know where they stand in the source."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_inline import StateInline
from mdit_py_plugins.dollarmath.index import math_inline_dollar
from mdit_py_plugins.myst_role.index import myst_role
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.mdit import create_md_parser

Rule = Callable[[StateInline, bool], bool]

EXTENSIONS = ("colon_fence", "dollarmath")


def configuration(extensions: Iterable[str] = EXTENSIONS) -> MdParserConfig:
    """Return the parser's settings with these MyST extensions enabled."""
    return MdParserConfig(enable_extensions=set(extensions))


def make_parser(extensions: Iterable[str] = EXTENSIONS) -> MarkdownIt:
    """Return a MyST parser.

    Tokens `myst_role` and `math_inline` have `meta["span"]`: start and end in the content of
    the `inline` token above them.
    """
    config = configuration(extensions)
    parser = create_md_parser(config, RendererHTML)
    parser.inline.ruler.at("myst_role", _spanned(myst_role))
    if "dollarmath" in config.enable_extensions:
        rule = math_inline_dollar(
            config.dmath_allow_space, config.dmath_allow_digits, config.dmath_double_inline
        )
        parser.inline.ruler.at("math_inline", _spanned(rule))
    return parser


def _spanned(rule: Rule) -> Rule:
    def spanned(state: StateInline, silent: bool) -> bool:
        start, before = state.pos, len(state.tokens)
        found = rule(state, silent)
        if found and not silent and len(state.tokens) > before:
            state.tokens[-1].meta["span"] = (start, state.pos)
        return found

    return spanned
