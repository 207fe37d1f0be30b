"""A way to end a build with a message."""

from typing import NoReturn

from sphinx.util.console import red

from .whole import unmark


def stop(title: str, problems: list[str]) -> NoReturn:
    """End the build with exit status 1 and a message, without a traceback.

    `jupyter-book` wraps every exception in one of its own and prints both tracebacks;
    `SystemExit` is the one it lets through.
    """
    unmark()  # pages are written later
    body = "\n\n".join(problems)
    raise SystemExit(f"\n{red(title)}\n\n{body}\n")


def refuse(page: str, reason: str) -> NoReturn:
    """End the build likewise where pages are being written: the next one writes all of them."""
    raise SystemExit(f"\n{red(f'The notebook of {page} cannot be written.')}\n\n{reason}\n")
