"""Every study at smoke for a range of seeds: what a small cohort lacks is said, and nothing raises.

    python benchmarks/seeds.py                     all studies, seeds 0 to 29
    python benchmarks/seeds.py 4700-4720 wada2019  some seeds of one study

One line a run: seconds, results without a value, sections skipped; failures stay in the folder of runs.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from neolab.catalogue import all_studies
from neolab.errors import InputError
from neolab.run.runner import RunFailed, execute, plan_run


def run_seed(study: str, seed: int, runs: Path) -> tuple[bool, str]:
    """Run a study at smoke on the cohort of a seed.

    Returns
    -------
    went : bool
        Whether the run came to its end.
    words : str
        What it could not compute, or why it stopped.
    """
    try:
        folder = execute(plan_run(study, {"profile": "smoke", "seed": seed}, runs=runs))
    except (RunFailed, InputError) as error:
        return False, str(error)
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    undefined = sum(record["value"] is None for record in results["metrics"].values())
    skipped = [text.partition(":")[0] for text in results["limitations"] if ": skipped" in text]
    return True, f"{undefined} results without a value; skipped: {', '.join(skipped) or 'nothing'}"


def numbers(text: str) -> Iterator[int]:
    """``"3"`` or ``"0-29"`` as numbers."""
    first, _, last = text.partition("-")
    yield from range(int(first), int(last or first) + 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("seeds", nargs="?", default="0-29", help="one seed, or a range such as 0-29")
    parser.add_argument("studies", nargs="*", default=list(all_studies()))
    parser.add_argument("--runs", type=Path, help="where runs are kept; thrown away by default")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as thrown_away:
        failed = 0
        for seed in numbers(given.seeds):
            for study in given.studies:
                started = time.monotonic()
                went, words = run_seed(study, seed, given.runs or Path(thrown_away))
                failed += not went
                print(f"{study} seed {seed}: {time.monotonic() - started:.0f} s; {words}", flush=True)
    raise SystemExit(f"{failed} runs did not come to their end" if failed else 0)


if __name__ == "__main__":
    main()
