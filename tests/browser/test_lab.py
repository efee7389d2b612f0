"""A lesson in JupyterLab: it opens, its cells run, and its control answers."""

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

REPOSITORY = Path(__file__).resolve().parents[2]
SMALL_REPOSITORY = REPOSITORY / "tests" / "notebooks" / "data" / "repository"
TOKEN = "for-this-test-only"
# Not by a proxy, whatever the environment or an earlier test has set up.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@pytest.fixture
def lab(tmp_path):
    """JupyterLab on a folder with one paired notebook at the profile smoke; gives its address."""
    from neolab.run.pairing import pair, write_pair

    root = tmp_path / "repository"
    shutil.copytree(SMALL_REPOSITORY, root)
    shutil.copy(REPOSITORY / "jupytext.toml", root)
    source = root / "notebooks" / "01_wu2021_bilirubin.py"
    source.write_text(source.read_text().replace('profile = "teach"', 'profile = "smoke"'))
    write_pair(source, pair(source))
    # As a clone may have it: the .ipynb is younger, which is a conflict unless jupytext.toml says otherwise.
    os.utime(source, (1e9, 1e9))
    runtime = tmp_path / "runtime"
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1"]
    options = [f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={root}"]
    environment = os.environ | {
        "NEOLAB_REPOSITORY": str(root),
        "NEOLAB_RUNS": str(root / "runs"),
        # A user's own settings, open tabs and running servers have no part in this.
        "JUPYTER_CONFIG_DIR": str(tmp_path / "config"),
        "JUPYTER_RUNTIME_DIR": str(runtime),
        "JUPYTERLAB_WORKSPACES_DIR": str(tmp_path / "workspaces"),
        "JUPYTERLAB_SETTINGS_DIR": str(tmp_path / "settings"),
    }
    log = tmp_path / "lab.log"
    with log.open("w") as stream:
        server = subprocess.Popen(
            [*command, *options], env=environment, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream
        )
    try:
        address = wait_for_address(runtime, server)
        if address is None:
            pytest.fail(f"JupyterLab did not start (exit status {server.poll()}):\n{log.read_text()}")
        yield address
    finally:
        server.terminate()
        server.wait(30)


def wait_for_address(runtime: Path, server: subprocess.Popen, seconds: float = 300) -> str | None:
    """The address that the server writes down once it listens: it takes the first free port itself."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and server.poll() is None:
        for description in runtime.glob("jpserver-*.json"):
            try:
                address = json.loads(description.read_text())["url"].rstrip("/")
                DIRECT.open(f"{address}/api?token={TOKEN}", timeout=5).close()
                return address
            except (OSError, ValueError):  # half-written, or not answering yet
                pass
        time.sleep(0.3)
    return None


def wait_for_kernel(address: str, seconds: float = 120) -> None:
    """Until the server has a kernel that is idle and that the page talks to; the page says so too early."""
    deadline = time.monotonic() + seconds
    seen = []
    while time.monotonic() < deadline:
        with DIRECT.open(f"{address}/api/sessions?token={TOKEN}", timeout=30) as answer:
            seen = [session["kernel"] for session in json.load(answer)]
        if any(kernel["execution_state"] == "idle" and kernel["connections"] for kernel in seen):
            return
        time.sleep(0.3)
    pytest.fail(f"no kernel was ready after {seconds:.0f} s: {seen}")


def test_a_lesson_opens_runs_and_its_slider_changes_what_is_shown(lab, observe, tmp_path):
    observed = observe()
    page = observed.page
    page.set_default_timeout(90_000)
    page.goto(f"{lab}/lab/tree/notebooks/01_wu2021_bilirubin.ipynb?token={TOKEN}")
    page.wait_for_selector(".jp-Notebook .jp-CodeCell")
    wait_for_kernel(lab)
    page.click(".lm-MenuBar-item >> text=/^Run$/")
    page.click(".lm-Menu-itemLabel >> text=/^Run All Cells$/")
    output = page.locator(".widget-interact .jupyter-widgets-output-area, .widget-interact .widget-output")
    output.locator("text=level 1").wait_for()
    slider = page.locator(".widget-interact .noUi-handle, .widget-interact [role=slider]").first
    slider.focus()
    slider.press("ArrowRight")
    output.locator("text=level 2").wait_for()
    page.locator(".jp-OutputArea table >> text=gpnorm.auc").wait_for()
    assert page.locator(".jp-RenderedImage img").count() == 1, "a figure is shown once"
    assert page.locator("[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
    assert (
        tmp_path / "repository" / "runs" / "wu2021" / "interactive_smoke_seed0" / "results.json"
    ).is_file()
    outside = [url for url in observed.requests if not url.startswith((lab, "data:", "blob:"))]
    assert outside == []
