"""papermill's engine, made to get through cells with widgets.

nbclient answers what an Output widget prints by sending on the socket on which it waits for the cell's reply.
When the two coincide the waiting side is never woken (nbclient issue 312), and the notebook hangs in about
one of four cells that call ``interact``. Here the wait is cut into short ones, each of which looks anew.
"""

import time
from collections.abc import Awaitable, Callable
from queue import Empty
from typing import Any

from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines

ENGINE = "neolab"
_LOOK_SECONDS = 0.25

# The kernel's remarks on its transport and on being shut down are nothing that a reader of a run needs.
_KERNEL_ARGUMENTS = ["--IPKernelApp.log_level=50"]


class PatientClient(PapermillNotebookClient):
    """A notebook client that looks for the reply again and again."""

    async def async_start_new_kernel_client(self) -> Any:
        """Start the client and cut the waits on its shell channel short."""
        client = await super().async_start_new_kernel_client()
        client.shell_channel.get_msg = _in_short_waits(client.shell_channel.get_msg)
        return client


def _in_short_waits(get_message: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def get_message_patiently(timeout: float | None = None) -> Any:
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            left = _LOOK_SECONDS if deadline is None else min(_LOOK_SECONDS, deadline - time.monotonic())
            try:
                return await get_message(timeout=max(0.0, left))
            except Empty:
                if deadline is not None and time.monotonic() >= deadline:
                    raise

    return get_message_patiently


class NeolabEngine(NBClientEngine):
    """Executes with ``PatientClient``; the kernel gets the environment given as ``env``."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: Any, kernel_name: str, *, env: dict[str, str], start_timeout: float = 120, **_: Any
    ) -> Any:
        """Execute the notebook that papermill manages; called by papermill."""
        client = PatientClient(
            nb_man,
            kernel_name=kernel_name,
            timeout=None,
            startup_timeout=start_timeout,
            extra_arguments=_KERNEL_ARGUMENTS,
        )
        return client.execute(env=env)


papermill_engines.register(ENGINE, NeolabEngine)
