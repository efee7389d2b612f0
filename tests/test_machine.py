"""One job a core; freed memory goes back to the system."""

import subprocess
import sys
import threading
import time

import pytest
import torch

from neolab import machine


def test_jobs_run_a_thread_a_core_and_each_computes_alone(monkeypatch):
    monkeypatch.setattr(machine, "available_cores", lambda: 3)
    before = torch.get_num_threads()
    together = threading.Barrier(3, timeout=20)

    def job(number):
        together.wait()  # passes only while three jobs are in work
        return number, torch.get_num_threads()

    with machine.one_job_a_core() as pool:
        assert list(pool.map(job, range(6))) == [(number, 1) for number in range(6)]
    assert torch.get_num_threads() == before


def test_an_upper_limit_holds_whatever_the_cores(monkeypatch):
    monkeypatch.setattr(machine, "available_cores", lambda: 64)
    names = set()
    with machine.one_job_a_core(at_most=2) as pool:
        list(pool.map(lambda _: names.add(threading.current_thread().name), range(50)))
    assert len(names) <= 2


def test_the_first_error_stops_the_jobs_that_wait(monkeypatch):
    monkeypatch.setattr(machine, "available_cores", lambda: 1)
    begun = []

    def job(number):
        begun.append(number)
        if number == 1:
            raise ValueError("planted")
        if number > 1:
            time.sleep(0.05)  # a thread that is busy for good would hear of the error too late

    with pytest.raises(ValueError, match="planted"), machine.one_job_a_core() as pool:
        list(pool.map(job, range(1000)))
    assert len(begun) < 1000


def test_one_task_is_divided_over_the_cores_and_stays_on_its_own_where_every_core_has_a_task(monkeypatch):
    monkeypatch.setattr(machine, "available_cores", lambda: 2)
    monkeypatch.setattr(machine, "cores_here", lambda: 2)
    together = threading.Barrier(2, timeout=20)

    def part(number):
        together.wait()  # passes only while two parts are in work
        return number

    assert machine.over_cores(part, range(6)) == list(range(6))
    monkeypatch.undo()

    def task(_):
        return {threading.current_thread().name for _ in range(3)} == set(
            machine.over_cores(lambda _: threading.current_thread().name, range(3))
        )

    with machine.one_job_a_core() as pool:
        assert all(pool.map(task, range(4)))


@pytest.mark.parametrize(("count", "size"), [(17, 8), (16, 8), (3, 8), (0, 8)])
def test_blocks_hold_every_plane_once(count, size):
    parts = [list(range(count))[part] for part in machine.blocks(count, size)]
    assert sum(parts, []) == list(range(count))
    assert all(1 <= len(part) <= size for part in parts)


CELL = """
import sys, time
import psutil
from IPython.core.interactiveshell import InteractiveShell
from neolab.run.cell_memory import free_memory_after_cells

shell = InteractiveShell.instance()
if sys.argv[1] == "hooked":
    free_memory_after_cells(shell)
shell.run_cell("1")
before = psutil.Process().memory_info().rss
# Blocks too small for pages of their own; the last, which stays, keeps the heap from shrinking by itself.
shell.run_cell('''
import time
blocks = [bytes(100_000) + b"x" for _ in range(4000)]
last = blocks[-1]
del blocks
time.sleep(1.2)
''')
print((psutil.Process().memory_info().rss - before) // 1_000_000)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only the C library of Linux can be asked for it")
def test_what_a_long_cell_frees_goes_back_to_the_system():
    left = {
        how: int(subprocess.check_output([sys.executable, "-c", CELL, how], text=True).split()[-1])
        for how in ("plain", "hooked")
    }
    assert left["plain"] > 200  # MB: the reason for the hook
    assert left["hooked"] < 50
