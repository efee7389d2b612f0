"""One run of one notebook: its parameters, its cohort, and the folder that takes its results."""

import json
import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neolab.errors import InputError
from neolab.io.result_class import ResultClass
from neolab.metrics.names import metric_names
from neolab.parameters import Parameters
from neolab.run.files import write_json, write_text
from neolab.run.kernel import describe_kernel
from neolab.run.values import metric_record, undefined_sentence

if TYPE_CHECKING:
    import pandas as pd
    from IPython.display import Markdown
    from matplotlib.figure import Figure

    from neolab.io.cohort import Cohort
    from neolab.metrics.detection import LesionMatch

RESULTS_SCHEMA = 1

# What a reader may conclude from each class of images; printed under every figure and table.
STATEMENTS = {
    ResultClass.SYNTHETIC: (
        "synthetic: effect size set by published group statistics; accuracy here says nothing about patients"
    ),
    ResultClass.TEMPLATE: "template: group-average images; says nothing about individual patients",
    ResultClass.REAL: "real scans",
}
NO_IMAGES = "published numbers only, no images"


class Run:
    """The notebook's handle on its run folder.

    Attributes
    ----------
    study : str
        Identifier of the study or lesson.
    params : Parameters
        Every parameter, resolved.
    folder : Path
        Where results go.
    result_class : ResultClass
        Class of the images that the run uses; synthetic until a cohort says otherwise.
    """

    def __init__(self, study: str, params: Parameters, folder: Path, *, interactive: bool):
        self.study = study
        self.params = params
        self.folder = folder
        self.interactive = interactive
        self.result_class = ResultClass.SYNTHETIC
        self._without_images = False
        self._metrics: dict[str, dict[str, Any]] = {}
        self._designs: dict[str, dict[str, Any]] = {}
        self._figures: dict[str, dict[str, Any]] = {}
        self._tables: dict[str, dict[str, Any]] = {}
        self._limitations: list[str] = []

    def __repr__(self) -> str:
        return f"Run({self.study}, {self.params.profile}, seed {self.params.seed}, {self.result_class})"

    @property
    def statement(self) -> str:
        """The sentence on what may be concluded from this run's images."""
        return NO_IMAGES if self._without_images else STATEMENTS[self.result_class]

    def without_images(self) -> None:
        """Say that this lesson looks at no images; its figures then say so instead of a result class."""
        self._without_images = True

    @property
    def device(self) -> str:
        """``"cuda"`` where torch finds a GPU, else ``"cpu"``."""
        import torch

        return "cuda" if torch.cuda.is_available() else "cpu"

    def cohort(self, study: str | None = None, n: int | None = None) -> "Cohort":
        """Load ``params.data``, or simulate a cohort into the cache and load that.

        The table of a folder whose images are not simulated has pseudonyms; see `neolab.io.pseudonymise`.

        Parameters
        ----------
        study : str, optional
            Another study's cohort (for lessons); the run's own by default.
        n : int, optional
            Participants to simulate; ``params.n_subjects`` by default.

        Raises
        ------
        InputError
            If the folder is not a readable cohort; the message lists all problems.
        """
        from neolab.io.cohort import Cohort
        from neolab.io.pseudonymise import pseudonymise
        from neolab.io.voxel_checks import require_good_voxels, watched
        from neolab.run.cohorts import simulated_cohort

        study = study or self.study
        n = n or getattr(self.params, "n_subjects", None)
        root = self.params.data or simulated_cohort(study, self.params.profile, self.params.seed, n)
        cohort = Cohort.load(root, study=study)
        if self.params.data:
            require_good_voxels(cohort, watched)
        self.result_class = ResultClass(cohort.result_class)
        return pseudonymise(cohort)

    def metric(
        self,
        name: str,
        value: Any,
        *,
        unit: str = "1",
        n: int | None = None,
        low: float | None = None,
        high: float | None = None,
        interval: str | None = None,
        folds: Sequence[float] | None = None,
    ) -> Any:
        """Record one result and return ``value`` as it came.

        Parameters
        ----------
        name : str
            Dotted lower-case name (``"gpnorm.auc"``); a claim's ``result`` refers to it.
        value : Estimate or number
            An estimate brings its interval, n and method; a value that is not finite is stored as null.
        unit : str
            ``"1"`` for a fraction or a count.
        n, low, high, interval
            For plain numbers: sample size, limits, and what the limits are (``"95% Wilson, patients"``).
        folds : sequence of float, optional
            The value in each fold; the report sets seeds against folds.
        """
        if not re.fullmatch(r"[a-z0-9_]+(\.[a-z0-9_]+)*", name):
            raise InputError(f"metric: found name {name!r}, expected lower-case words joined by dots")
        given = {"n": n, "low": low, "high": high, "interval": interval, "folds": folds}
        self._metrics[name] = metric_record(value, unit, given)
        return value

    def record(
        self,
        prefix: str,
        results: "Mapping[str, Any] | pd.Series",
        *,
        unit: str | Mapping[str, str] = "1",
        n: int | None = None,
        folds: Mapping[str, Sequence[float]] | None = None,
    ) -> None:
        """Record a table of results in one call: ``prefix.name`` for every name.

        Parameters
        ----------
        prefix : str
            Dotted name that all share; "" for none.
        results : mapping of str to Estimate, number or mapping
            A mapping inside lengthens the prefix. Names that come from a folder may be any text; see
            `neolab.metrics.names.metric_names`.
        unit : str or mapping of str to str
            As for `metric`, the same for all; or the name of each result that is no fraction -> its unit.
        n : int, optional
            As for `metric`, the same for all.
        folds : mapping of str to sequence of float, optional
            Name -> its value in each fold.
        """
        for (name, value), plain in zip(results.items(), metric_names(results.keys()), strict=True):
            full = f"{prefix}.{plain}" if prefix else plain
            if isinstance(value, Mapping):
                self.record(full, value, unit=unit, n=n)
            else:
                own = unit if isinstance(unit, str) else unit.get(name, "1")
                self.metric(full, value, unit=own, n=n, folds=(folds or {}).get(name))

    def design(
        self,
        prefix: str,
        *,
        label: Sequence[int] | None = None,
        fold: Sequence[int] | None = None,
        raters: int = 1,
        truth: Sequence[float] | None = None,
        matches: "Sequence[LesionMatch] | None" = None,
    ) -> None:
        """Record what results were measured on, so that the ledger can simulate a predictor without skill.

        Parameters
        ----------
        prefix : str
            Beginning of the results' names; "" for all that have no longer one.
        label, fold, raters
            Of cases: 0 or 1 each, the fold that tests each, and how many readers called them.
        truth : sequence of float
            Of quantities: their true values.
        matches : sequence of LesionMatch
            Of findings: the counts of each subject.
        """
        from neolab.claims import designs

        if label is not None:
            made = designs.of_cases(label, fold, raters)
        elif truth is not None:
            made = designs.of_quantities(truth)
        else:
            made = designs.of_findings(matches or ())
        self._designs[prefix] = designs.design_record(made)

    def published(self, name: str) -> float:
        """Return the value that the paper prints for a result of this study.

        Parameters
        ----------
        name : str
            As for `metric`: the ``result`` of a claim; or, for a number that is no result of a notebook, the
            claim's identifier without the study.

        Raises
        ------
        InputError
            If the paper prints no number for it, or several that differ.
        """
        values = self._published.get(name, set())
        if len(values) != 1:
            found = f"{len(values)} that differ ({', '.join(map(str, sorted(values)))})" if values else "none"
            raise InputError(
                f"published value: found {found} for {name!r}, expected the result or id of one claim"
            )
        return next(iter(values))

    @cached_property
    def _published(self) -> dict[str, set[float]]:
        from neolab.claims.load import load_study

        printed: dict[str, set[float]] = {}
        for claim in load_study(self.study).claims:
            for name in filter(None, (claim.result, claim.id.removeprefix(f"{self.study}."))):
                printed.setdefault(name, set()).add(claim.value)
        return printed

    def say(self, text: str) -> "Markdown":
        """Return a paragraph whose numbers were computed, to be shown."""
        from IPython.display import Markdown

        return Markdown(text)

    def figure(
        self,
        figure: "Figure",
        name: str,
        data: Any = None,
        *,
        caption: str = "",
        paper: str = "",
        metrics: Sequence[str] = (),
        shows_scans: bool | None = None,
    ) -> "Figure":
        """Save a figure as PNG, with what it plots as CSV, and return it to be shown.

        Parameters
        ----------
        figure : matplotlib Figure
            Gets a footer with the result class.
        name : str
            File stem.
        data : DataFrame, mapping of columns, or None
            What the figure plots.
        caption : str
            One sentence for the report.
        paper : str
            The figure or table of the paper that this one corresponds to, such as ``"Figure 4"``.
        metrics : sequence of str
            Names of metrics that the figure shows; the report prints the published values beside it.
        shows_scans : bool, optional
            Whether it is a picture of scans, which a public report leaves out; by default it is one unless it
            has nothing but lines, points, areas and text.
        """
        from neolab.run.figures import is_picture, save_figure

        _check_stem("figure", name)
        about = {"caption": caption, "paper": paper, "metrics": list(metrics)}
        shows_scans = is_picture(figure) if shows_scans is None else shows_scans
        save_figure(figure, self._place(f"figures/{name}.png"), self.footer)
        if data is not None:
            self._write_table(data, f"figures/{name}.csv")
        self._figures[name] = about | {"shows_scans": shows_scans}
        return figure

    @property
    def footer(self) -> str:
        """The line under every figure and table."""
        return f"{self.study} · {self.params.profile} · seed {self.params.seed} · {self.statement}"

    def table(self, table: "pd.DataFrame", name: str, *, caption: str = "") -> Any:
        """Save a table as CSV and return it styled, with its caption and the result class, to be shown."""
        _check_stem("table", name)
        self._write_table(table, f"tables/{name}.csv")
        self._tables[name] = {"caption": caption}
        text = f"{caption} ({self.footer})" if caption else self.footer
        # A fixed identifier keeps the HTML the same from run to run.
        style = table.style.set_uuid(name).set_caption(text).format(precision=3)
        return style if _has_meaningful_index(table) else style.hide(axis="index")

    def predictions(self, predictions: "pd.DataFrame") -> None:
        """Save one row per prediction as ``predictions.csv``, without columns in which nothing is known."""
        known = predictions.dropna(axis=1, how="all") if len(predictions) else predictions
        self._write_table(known, "predictions.csv")

    def limitation(self, sentence: str) -> None:
        """Record one sentence on what this run cannot show; the report prints it."""
        if sentence not in self._limitations:
            self._limitations.append(sentence)

    def finish(self) -> "pd.DataFrame":
        """Write ``results.json`` and return the metrics as a table."""
        import pandas as pd

        write_json(self._place("results.json"), self.results())
        write_json(self._place("kernel.json"), describe_kernel())
        columns = ["value", "low", "high", "interval", "n", "unit"]
        table = pd.DataFrame.from_dict(self._metrics, orient="index").reindex(columns=columns)
        return table.rename_axis("metric")

    def results(self) -> dict[str, Any]:
        """Return what ``results.json`` holds: the same for the same code, parameters, data and versions."""
        return {
            "schema": RESULTS_SCHEMA,
            "study": self.study,
            "result_class": str(self.result_class),
            "profile": self.params.profile,
            "seed": self.params.seed,
            "metrics": self._metrics,
            "designs": self._designs,
            "figures": self._figures,
            "tables": self._tables,
            "limitations": self._limitations + undefined_sentence(self._metrics),
        }

    def _write_table(self, table: "pd.DataFrame | Mapping[str, Any]", name: str) -> None:
        import pandas as pd

        frame = table if isinstance(table, pd.DataFrame) else pd.DataFrame(table)
        write_text(self._place(name), frame.to_csv(index=_has_meaningful_index(frame)))

    def _place(self, name: str) -> Path:
        """Where a result goes. A kernel whose runner was killed must not make a tidied folder anew."""
        if not self.interactive and not self.folder.is_dir():
            raise RuntimeError(f"run folder: found no {self.folder}, expected the one that the runner made")
        return self.folder / name


def read_results(folder: Path) -> dict[str, Any]:
    """Return the ``results.json`` of a run folder."""
    return json.loads((Path(folder) / "results.json").read_text(encoding="utf-8"))


def _has_meaningful_index(table: "pd.DataFrame") -> bool:
    """Whether the index is more than row numbers."""
    import pandas as pd

    return not (isinstance(table.index, pd.RangeIndex) and table.index.name is None)


def _check_stem(kind: str, name: str) -> None:
    if not re.fullmatch(r"[A-Za-z0-9_-]+", name):
        raise InputError(f"{kind}: found name {name!r}, expected letters, digits, - and _")
