"""Writes all claims to a file, and stops the build for one that the text relies on in vain."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.util import logging

from ..building.stop import stop
from .claim_outputs import OWN, anchor, claims_by_page, tellers
from .registry import compare, outdated, told

logger = logging.getLogger(__name__)

BINDING_DATA = "mnist"  # with which a claim that the text relies on must not fail
_ADVICE = "Correct the text or the experiment; relied_on=False is for claims it only discusses."


def warn(env: Any) -> None:
    """Warn of sources that are not in the bibliography, and of names used twice."""
    pages: dict[str, list[str]] = {}
    keys = set(env.get_domain("cite").bibdata.data.entries.keys())
    for page, claims in sorted(claims_by_page(env).items()):
        for claim in claims:
            pages.setdefault(claim["name"], []).append(page)
            if claim["source"] not in {OWN, *keys}:
                logger.warning(
                    "the source %r of claim %r is no key of the bibliography, nor %r",
                    claim["source"], claim["name"], OWN, location=(page, claim["line"]),
                )  # fmt: skip
    for name, where in pages.items():
        if len(where) > 1:
            logger.warning("the claim %r is stated by %s", name, " and ".join(where))


def refuted(env: Any) -> list[str]:
    """The claims that the text relies on and that are wrong with the data that decide."""
    return [
        f"{env.doc2path(page)}:{claim['line']}: claim '{claim['name']}' is contradicted "
        f"with {claim['data']}\n    stated: {claim['statement']}\n"
        f"    claimed: {claim['quantity']} {claim['claimed']}\n    found: {claim['ours']}"
        for page, claims in sorted(claims_by_page(env).items())
        for claim in claims
        if (claim["relied_on"], claim["verdict"], claim["data"])
        == (True, "contradicted", BINDING_DATA)
    ]


def check(app: Sphinx, env: Any) -> Iterable[str]:
    """Stop the build for wrong claims; else name the pages that show what has changed."""
    warn(env)
    compare(env)
    if wrong := refuted(env):
        write(app, None)
        stop("The text relies on what is contradicted.", [*wrong, _ADVICE])
    path = claims_file(app)
    same = path.is_file() and path.read_text("utf-8") == as_json(app)
    return [*outdated(env), *([] if same else sorted(tellers(env)))]


def as_json(app: Sphinx) -> str:
    """All claims, sorted by name, each with its page, its link and the data of the build."""
    claims = [
        {
            **{key: value for key, value in claim.items() if key != "line"},
            "anchor": anchor(claim),
            "link": f"{app.builder.get_target_uri(page)}#{anchor(claim)}",
            "dataset": app.config.book_dataset,
        }
        for page in sorted(claims_by_page(app.env))
        for claim in told(app.env, page)
    ]
    claims.sort(key=lambda claim: str(claim["name"]))
    return json.dumps(claims, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def claims_file(app: Sphinx) -> Path:
    """Where the claims are published."""
    return Path(app.outdir) / "claims.json"


def write(app: Sphinx, exception: Exception | None) -> None:
    """Write the claims of the pages; other builders may have no addresses for them."""
    if exception is None and app.builder.format == "html":
        claims_file(app).write_text(as_json(app), "utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension, with what collects the claims and what shows them."""
    app.setup_extension("bookext.building.environment")
    for name in ("claim_outputs", "page_cards", "scoreboard"):
        app.setup_extension(f"bookext.evidence.{name}")
    app.connect("env-updated", check)
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
