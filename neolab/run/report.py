"""``report.html``: one page that holds everything it shows and asks for nothing from outside."""

from datetime import UTC, datetime
from pathlib import Path

import neolab
from neolab.claims.table import ledger_frame
from neolab.run import report_views as views
from neolab.run.files import write_text
from neolab.run.manifest import MANIFEST_NAME, certificate, certificate_text
from neolab.run.overview import Overview

REPORT_NAME, PUBLIC_NAME = "report.html", "report_public.html"


def write_report(overview: Overview) -> Path:
    """Write the report into the folder of all runs and return its path.

    Beside it lie ``ledger.csv`` and the certificate that ends the report, ``codecheck.yml``.
    """
    path = overview.root / (PUBLIC_NAME if overview.public else REPORT_NAME)
    written = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")
    made = certificate_text(certificate(overview, written))
    write_text(path, render_report(overview, written, made))
    write_text(path.with_name(MANIFEST_NAME), made)
    write_text(path.with_name("ledger.csv"), ledger_frame(overview.ledger).to_csv(index=False))
    return path


def render_report(overview: Overview, written: str, certificate: str) -> str:
    """Return the page. Every value is escaped: the template engine does it unless told otherwise."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("neolab.run", "page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html").render(
        version=neolab.__version__,
        public=overview.public,
        written=f"{written} UTC",
        statements=views.statements(overview),
        verdicts=views.verdict_counts(overview),
        ledger=views.ledger_rows(overview),
        sensitivity=views.sensitivity(overview),
        findings=views.findings(overview),
        studies=views.studies(overview),
        runs=views.run_rows(overview),
        failed=views.failed_runs(overview),
        environments=views.environments(overview),
        limitations=views.limitations(overview),
        register=views.register(overview),
        certificate=certificate,
    )
