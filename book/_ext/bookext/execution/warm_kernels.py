"""Kernels that start with the large libraries loaded: copies of one process that has them.

Every chapter runs in a kernel of its own, and most of what a short one does is to import torch,
matplotlib and IPython. A server does so once and forks. Only on Linux: elsewhere a process with
these libraries must not be forked.
"""

import multiprocessing
import os
import signal
import sys
from importlib import import_module
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Any

from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

# Not matplotlib's backend for notebooks (which `bnutils.show.plots` imports): it looks for its
# kernel at import.
LIBRARIES = [
    "follow_parent",  # first, for the rest takes seconds
    "IPython",
    "bnutils.evidence.claims",
    "bnutils.data",
    "bnutils.show.live",
    "bnutils.sweeps.sweep",
    "bnutils.show.tables",
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "ipywidgets",
    "jupyter_book.cli.main",  # each copy runs the script that started the build, up to its guard
    "matplotlib.pyplot",
    "myst_nb",
    "pandas",
    "scipy.special",
    "sklearn.datasets",
    "torch",
    "torch.distributed.tensor",  # which torch.testing asks for, with SymPy
]


def server() -> ForkServerContext:
    """Where kernels are forked."""
    return multiprocessing.get_context("forkserver")


def start_server() -> bool:
    """Have the server load the libraries, while this process goes on; False where there is none.

    It keeps the environment variables of this moment, as far as libraries read them at import.
    """
    if sys.platform != "linux":
        return False
    from multiprocessing.forkserver import ensure_running

    server().set_forkserver_preload(LIBRARIES)
    ensure_running()
    return True


class WarmProcess:
    """A forked kernel with the methods of subprocess.Popen that a provisioner uses."""

    stdin = stdout = stderr = None

    def __init__(self, process: ForkServerProcess) -> None:
        self._process = process
        process.start()
        assert process.pid is not None
        self.pid = process.pid

    def poll(self) -> int | None:
        """The exit status; None while it runs."""
        return self._process.exitcode

    def wait(self) -> int | None:
        """The exit status, when it has ended."""
        self._process.join()
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        """Send a signal to the kernel alone."""
        os.kill(self.pid, number)

    def kill(self) -> None:
        """End the kernel at once."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask the kernel to end."""
        self.send_signal(signal.SIGTERM)


class WarmProvisioner(LocalProvisioner):
    """Starts a kernel by forking the server instead of a new interpreter."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Launch the kernel that ``cmd`` (python -m ipykernel_launcher ...) would."""
        arguments = (cmd[3:], str(kwargs["cwd"]), dict(kwargs["env"]))
        kernel: Any = WarmProcess(server().Process(target=run_kernel, args=arguments))
        self.process = kernel
        # The kernel makes a group of its own, but perhaps it has not come to that yet.
        self.pid = self.pgid = kernel.pid
        self.cwd = kwargs["cwd"]
        return self.connection_info


def warm_manager() -> AsyncKernelManager:
    """A manager of one forked kernel of this interpreter."""
    manager = AsyncKernelManager(kernel_name="python3")
    spec: Any = manager.kernel_spec
    manager.provisioner = WarmProvisioner(kernel_id="", kernel_spec=spec, parent=manager)
    return manager


def run_kernel(arguments: list[str], folder: str, environment: dict[str, str]) -> None:
    """Be a kernel: in a process group of its own, until it is told to end."""
    os.setsid()
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    extensions = str(Path(__file__).absolute().parents[2])
    sys.path[:] = [path for path in sys.path if path != extensions]
    more = environment.get("PYTHONPATH", "").split(os.pathsep)  # as in a new interpreter
    sys.path += [path for path in more if path and path not in sys.path]
    sys.argv = ["ipykernel_launcher", *arguments]
    signal.signal(signal.SIGINT, signal.default_int_handler)

    from ipykernel.kernelapp import IPKernelApp

    # The server ends with the build, and the kernel with the server.
    import_module("follow_parent").follow_parent()
    build = multiprocessing.parent_process()
    if build is None or not build.is_alive():
        os._exit(1)  # it had ended before this was asked for
    parent = f"--IPKernelApp.parent_handle={os.getppid()}"
    IPKernelApp.launch_instance(argv=[*arguments, parent])
