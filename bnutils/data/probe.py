"""An estimate of how long a download would take."""

import queue
import threading
import time
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.request import Request, urlopen

PROBE_SECONDS = 3.0
PROBE_WARM_UP = 256 * 1024  # bytes before the speed is measured: a connection starts slowly
PROBE_BYTES = 512 * 1024


def download_seconds(url: str, size: int) -> float:
    """Seconds that `size` bytes would take at the speed at which `url` starts to arrive.

    Returns infinity if the start does not arrive within PROBE_SECONDS, which covers the look-up
    of the host's name too. Raises OSError where the server cannot be reached.
    """
    answers: queue.Queue[float | Exception] = queue.Queue()

    def measure() -> None:
        try:
            request = Request(url, headers={"User-Agent": "bnutils"})
            with urlopen(request, timeout=PROBE_SECONDS) as response:
                response.read(PROBE_WARM_UP)
                start = time.perf_counter()
                received = len(response.read(PROBE_BYTES))
                seconds = time.perf_counter() - start
            answers.put(seconds * size / received if received else 0.0)
        except (OSError, HTTPException) as error:
            if isinstance(error, HTTPError):
                error.close()  # it is the server's answer, with the connection
            answers.put(error)

    threading.Thread(target=measure, daemon=True).start()
    try:
        answer = answers.get(timeout=PROBE_SECONDS)
    except queue.Empty:
        return float("inf")
    if isinstance(answer, HTTPException):
        raise OSError(f"no proper answer: {answer!r}") from answer
    if isinstance(answer, Exception):
        raise answer
    return answer
