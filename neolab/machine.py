"""The machine's cores and memory: one job a core, and what is freed given back."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager


def available_cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def one_job_a_core(at_most: int = 8) -> Iterator[ThreadPoolExecutor]:
    """A pool with a thread a core, each of which computes alone: numpy and torch start no further threads.

    Results then do not depend on the number of cores, and small jobs finish sooner than if all cores shared
    each. The first error stops the jobs that wait.

    Parameters
    ----------
    at_most : int
        Jobs at a time, however many cores there are: each needs memory of its own.
    """
    import torch

    with one_thread_each():
        # torch keeps a number of threads for each thread that calls it.
        threads = min(available_cores(), at_most)
        with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
            try:
                yield pool
            except BaseException:
                pool.shutdown(wait=True, cancel_futures=True)
                raise


def over_cores(function: Callable, items: Iterable) -> list:
    """``function`` of every item, in order: on all cores, or on this one alone inside ``one_job_a_core``.

    A single large task is divided this way without getting in the way of others that run beside it. The
    items must not depend on the number of cores, so that the results do not.
    """
    if cores_here() == 1:
        return [function(item) for item in items]
    with one_job_a_core() as pool:
        return list(pool.map(function, items))


def blocks(count: int, size: int) -> list[slice]:
    """Slices that cut ``count`` planes or points into blocks of ``size``; the last may be smaller."""
    return [slice(start, min(start + size, count)) for start in range(0, count, size)]


def cores_here() -> int:
    """How many cores the calling thread may use: 1 inside ``one_job_a_core``."""
    import torch

    return torch.get_num_threads()


@contextmanager
def one_thread_each() -> Iterator[None]:
    """Keep numpy and torch from starting threads of their own while there is a thread for every core."""
    import torch
    from threadpoolctl import threadpool_limits

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1):
            yield
    finally:
        torch.set_num_threads(before)


def return_free_memory(collect: bool = True) -> None:
    """Give memory that Python has freed back to the system, where the C library can.

    Simulating leaves half a gigabyte of freed blocks, which a training right after it would come on top of.

    Parameters
    ----------
    collect : bool
        Look for garbage first, which takes a fraction of a second; without, it is a matter of milliseconds.
    """
    import gc

    if collect:
        gc.collect()
    trim = getattr(_c_library(), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _c_library():
    import ctypes

    return ctypes.CDLL(None) if sys.platform == "linux" else None
