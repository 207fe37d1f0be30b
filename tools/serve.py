"""Build the book and show it: python -m tools.serve PORT COMMAND ..., where COMMAND builds.

The port is taken first, so that nobody waits for a build and then learns that it is in use.
"""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HTML = Path(__file__).resolve().parent.parent / "_build" / "html"
HOST = "127.0.0.1"


class Handler(SimpleHTTPRequestHandler):
    """Serves the book as a host does, with its own page for what is not there."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer with the book's page where that is what is missing."""
        page = Path(self.directory, "404.html")
        if code != 404 or not page.is_file():
            super().send_error(code, message, explain)
            return
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(page.read_bytes())


def bound(port: str) -> ThreadingHTTPServer:
    """A server on a port of this machine, 0 for any; raises SystemExit where that cannot be."""
    if not port.isdecimal() or int(port) > 65535:
        sys.exit(f"PORT={port} is no port: give a number up to 65535, such as make serve PORT=8000")
    try:
        return ThreadingHTTPServer((HOST, int(port)), partial(Handler, directory=str(HTML)))
    except OSError as error:
        sys.exit(
            f"Port {port} cannot be used ({error.strerror}). "
            f"Choose another: make serve PORT={int(port) % 65535 + 1}"
        )


def main() -> int:
    """Take the port, build, serve until the interrupt key."""
    _, port, *command = sys.argv
    with bound(port) as server:
        done = subprocess.run(command, check=False)
        if done.returncode:
            return done.returncode
        print(f"Open http://{HOST}:{server.server_port} (stop with Ctrl-C)", flush=True)
        server.serve_forever()
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
