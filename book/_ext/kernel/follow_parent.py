"""Where this is imported, a process ends with the one that started it, however that ended."""

import ctypes
import signal

SET_PARENT_DEATH_SIGNAL = 1  # see prctl(2), which only Linux has


def follow_parent() -> None:
    """Have the kernel of the system end this process with its parent; copies must ask again."""
    ctypes.CDLL(None).prctl(SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)


signal.signal(signal.SIGINT, signal.SIG_IGN)  # the interrupt key is for the parent
follow_parent()
