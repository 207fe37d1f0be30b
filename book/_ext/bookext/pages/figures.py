"""Fails a build in which a figure has no caption or no alternative text."""

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from ..building.stop import stop
from ..execution.mimes import understand

_IMG = re.compile(r"<img\b[^>]*>", re.IGNORECASE)
_ALT = re.compile(r"""\balt\s*=\s*(?:"\s*[^"\s]|'\s*[^'\s]|[^\s"'>])""", re.IGNORECASE)
_HOW = """Give the cell that draws a figure such a header:
    ---
    mystnb:
      image:
        alt: What a reader who cannot see the figure needs to know.
      figure:
        name: fig-...
        caption: What the figure shows.
    ---
An image whose output says it in its metadata (alt) has its caption in the paragraph below the
cell, which begins with "Figure"."""


class DescribedImage:
    """Images whose output brings its alternative text, as those of plain notebooks do."""

    @staticmethod
    def handle_mime(renderer: Any, data: Any, inline: bool) -> list[nodes.Element] | None:
        """The image with that text, None for anything else."""
        alt = data.output_metadata.get(data.mime_type, {}).get("alt")
        if not data.mime_type.startswith("image/") or alt is None:
            return None
        (image,) = renderer.render_image(data)
        image["alt"], image["described"] = alt, True
        return [image]


def ancestors(node: nodes.Node) -> list[nodes.Element]:
    """The elements a node lies in, innermost first."""
    found = []
    while node.parent is not None:
        node = node.parent
        found.append(node)
    return found


def image_problems(image: nodes.image) -> list[str]:
    """What an image lacks."""
    around = ancestors(image)
    problems = [] if str(image.get("alt", "")).strip() else ["no alternative text"]
    if any(isinstance(n, nodes.container) and n.get("nb_element") for n in around):
        figure = next((n for n in around if isinstance(n, nodes.figure)), None)
        captions: list[nodes.Element] = [] if figure is None else [*figure.findall(nodes.caption)]
        if image.get("described"):
            captions = paragraph_below(around)
        if not any(caption.astext().strip() for caption in captions):
            problems.append("no caption")
    return problems


def paragraph_below(around: list[nodes.Element]) -> list[nodes.Element]:
    """The paragraph after the cell of an image, where it begins as a caption does."""
    cell = next(n for n in around if n.get("nb_element") == "cell_code")
    after = cell.next_node(descend=False, siblings=True)
    if isinstance(after, nodes.paragraph) and after.astext().startswith("Figure"):
        return [after]
    return []


def is_still(image: nodes.image) -> bool:
    """Whether an image stands for an interactive figure, which brings its own text with it."""
    bundles = [n for n in ancestors(image) if n.get("nb_element") == "mime_bundle"]
    raws = [raw for bundle in bundles for raw in bundle.findall(nodes.raw)]
    return any('class="bn-explorable"' in raw.astext() for raw in raws)


def name_of(image: nodes.image) -> str:
    """The figure's name where it has one, else the file of the image."""
    figure = next((n for n in ancestors(image) if isinstance(n, nodes.figure)), None)
    names: list[str] = [] if figure is None else figure.get("names", [])
    return f"figure '{names[0]}'" if names else f"image {image['uri'].rsplit('/', 1)[-1]}"


def line_of(node: nodes.Node) -> int:
    """Line of a node, or of the nearest element around it that has one."""
    found: nodes.Node | None = node
    while found is not None and found.line is None:
        found = found.parent
    return 0 if found is None or found.line is None else found.line


def check_page(app: Sphinx, doctree: nodes.document) -> None:
    """Note what the images of a page lack; the page is complete, its outputs included."""
    path = app.env.doc2path(app.env.docname)
    found = [
        f"{path}:{line_of(image)}: {name_of(image)}: {' and '.join(lacks)}"
        for image in doctree.findall(nodes.image)
        if not is_still(image) and (lacks := image_problems(image))
    ]
    found += [
        f"{path}:{line_of(raw)}: {tag}: no alternative text"
        for raw in doctree.findall(nodes.raw)
        for tag in _IMG.findall(raw.astext())
        if not _ALT.search(tag)
    ]
    app.env.metadata[app.env.docname]["figure_problems"] = found  # Sphinx forgets it with the page


def report(app: Sphinx, env: BuildEnvironment) -> None:
    """Stop the build with all problems of all pages."""
    pages = sorted(env.metadata.items())
    found = [line for _, data in pages for line in data.get("figure_problems", [])]
    if found:
        stop(f"{len(found)} figures are incomplete.", ["\n".join(found), _HOW])


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    for part in ("captions", "narrow"):
        app.setup_extension(f"bookext.pages.{part}")
    understand(app, DescribedImage)
    app.connect("doctree-read", check_page)
    app.connect("env-updated", report)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "env_version": 3}
