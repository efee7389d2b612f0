"""Group differences beside covariates: analysis of covariance, and the table that opens a clinical paper."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from neolab.errors import InputError
from neolab.metrics.compare import chi_square
from neolab.metrics.estimate import Estimate, counted
from neolab.metrics.groups import Summary, t_test_from_summaries

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Ancova:
    """A group difference adjusted for covariates.

    Attributes
    ----------
    difference : Estimate
        Adjusted mean of the positive group minus that of the other.
    f, p : float
        Test of the group effect (1 and ``residual_degrees_of_freedom``).
    residual_degrees_of_freedom : float
    adjusted_means : dict
        Mean of each group at the covariates' overall means.
    coefficients : pandas.DataFrame
        Every term: estimate, low, high, t, p.
    """

    difference: Estimate
    f: float
    p: float
    residual_degrees_of_freedom: float
    adjusted_means: dict
    coefficients: "pd.DataFrame"


def ancova(
    table: "pd.DataFrame",
    outcome: str,
    group: str,
    covariates: Sequence[str],
    *,
    positive: object,
) -> Ancova:
    """Compare two groups in ``outcome`` at equal ``covariates`` by ordinary least squares.

    Parameters
    ----------
    table : pandas.DataFrame
        One row per patient.
    outcome, group : str
        Columns; ``group`` holds exactly two values.
    covariates : sequence of str
        Numeric columns, or columns of two values, which are coded 0 and 1 in sorted order.
    positive : object
        The value of ``group`` whose mean comes first in the difference.
    """
    import numpy as np
    import statsmodels.api as sm

    design = _design(table, outcome, group, covariates, positive)
    response = table[outcome].to_numpy(float)
    if np.linalg.matrix_rank(design.to_numpy(float)) < design.shape[1]:
        raise InputError(
            f"covariates: found columns that determine each other among {', '.join(design.columns)}"
        )
    fit = sm.OLS(response, design).fit()
    low, high = fit.conf_int().loc[group]
    label = f"95% ANCOVA with {', '.join(covariates) or 'no covariate'}, patients"
    estimate = Estimate(float(fit.params[group]), float(low), float(high), len(table), label)
    at_means = design.mean()
    means = {
        str(name): float(fit.predict(at_means.where(at_means.index != group, code).to_frame().T).iloc[0])
        for name, code in _group_codes(table, group, positive).items()
    }
    return Ancova(
        estimate,
        float(fit.tvalues[group] ** 2),
        float(fit.pvalues[group]),
        float(fit.df_resid),
        means,
        _coefficients(fit),
    )


def _group_codes(table: "pd.DataFrame", group: str, positive: object) -> dict:
    values = list(table[group].unique())
    if len(values) != 2 or positive not in values:
        raise InputError(
            f"{group}: found {sorted(map(str, values))}, expected two groups, one of them {positive!r}"
        )
    return {positive: 1.0, next(value for value in values if value != positive): 0.0}


def _design(table, outcome, group, covariates, positive) -> "pd.DataFrame":
    import pandas as pd

    columns = [outcome, group, *covariates]
    absent = [name for name in columns if name not in table.columns]
    if absent:
        raise InputError(f"table: found no column {absent[0]!r}, expected {', '.join(columns)}")
    missing = table[columns].isna().sum()
    if missing.any():
        raise InputError(f"{missing.idxmax()}: found {missing.max()} missing values, expected none")
    design = pd.DataFrame({"const": 1.0, group: table[group].map(_group_codes(table, group, positive))})
    for name in covariates:
        design[name] = _coded(table[name])
    return design.astype(float)


def _coded(column: "pd.Series") -> "pd.Series":
    import pandas as pd

    if pd.api.types.is_numeric_dtype(column):
        return column.astype(float)
    values = sorted(column.unique())
    if len(values) > 2:
        raise InputError(f"{column.name}: found {len(values)} values, expected numbers or two values")
    return column.map({value: float(code) for code, value in enumerate(values)})


def usable_covariates(
    table: "pd.DataFrame", group: str, covariates: Sequence[str], *, positive: object
) -> list[str]:
    """Return those covariates, in their order, that `ancova` can adjust for.

    Left out is what the table lacks, what has a gap, what is neither a number nor one of two values, what
    never varies or follows from the group and the covariates before it, and what would leave no degree of
    freedom.
    """
    import numpy as np

    kept: list[str] = []
    for name in covariates:
        if name not in table or table[name].isna().any():
            continue
        try:
            design = _design(table, group, group, [*kept, name], positive).to_numpy(float)
        except InputError:
            continue
        if np.linalg.matrix_rank(design) == design.shape[1] < len(design):
            kept.append(name)
    return kept


def comparable(table: "pd.DataFrame", group: str, columns: Sequence[str]) -> list[str]:
    """Return those columns that `covariate_table` can compare: known of two patients or more in each group.

    A column must vary; one of words must have two values. Without groups there is nothing to compare.
    """
    import pandas as pd

    if group not in table:
        return []
    known = [name for name in columns if name in table]
    least = table.groupby(group)[known].count().min()
    kinds = {name: table[name].nunique() for name in known}
    return [
        name
        for name in known
        if least[name] > 1
        and (kinds[name] > 1 if pd.api.types.is_numeric_dtype(table[name]) else kinds[name] == 2)
    ]


def _coefficients(fit) -> "pd.DataFrame":
    import pandas as pd

    ends = fit.conf_int()
    return pd.DataFrame(
        {"estimate": fit.params, "low": ends[0], "high": ends[1], "t": fit.tvalues, "p": fit.pvalues}
    )


def covariate_table(
    table: "pd.DataFrame",
    group: str,
    columns: Mapping[str, str],
    *,
    positive: object,
    equal_variance: bool = True,
    yates: bool = False,
) -> "pd.DataFrame":
    """Return the table of patient characteristics that opens a clinical paper.

    Parameters
    ----------
    columns : mapping of str to str
        Column to its printed name ("Age (days)"). Numeric columns get mean, SD (ddof 1) and a t-test; columns
        of two values get count and share of the last value in sorted order, and a chi-square test.

    Returns
    -------
    pandas.DataFrame
        One row a characteristic: kind, level, and for both groups n, mean or share, SD or count; p; test.
    """
    import pandas as pd

    parts = {str(name): table[table[group] == name] for name in _group_codes(table, group, positive)}
    rows = []
    for column, title in columns.items():
        numeric = pd.api.types.is_numeric_dtype(table[column])
        row = _numeric_row(parts, column, equal_variance) if numeric else _binary_row(parts, column, yates)
        rows.append({"characteristic": title, **row})
    return pd.DataFrame(rows)


def _numeric_row(parts: Mapping[str, "pd.DataFrame"], column: str, equal_variance: bool) -> dict:
    groups = {name: Summary.of(part[column].dropna()) for name, part in parts.items()}
    test = t_test_from_summaries(*groups.values(), equal_variance=equal_variance)
    row: dict = {"level": ""}
    for name, group in groups.items():
        row |= _of_group(name, group.n, group.mean, group.sd)
    return row | {"p": test.p, "test": f"{test.method} t"}


def _binary_row(parts: Mapping[str, "pd.DataFrame"], column: str, yates: bool) -> dict:
    values = sorted(set().union(*(part[column].dropna().unique() for part in parts.values())))
    if len(values) != 2:
        raise InputError(f"{column}: found {len(values)} values, expected two")
    counts = {
        name: [int((part[column] == value).sum()) for value in reversed(values)]
        for name, part in parts.items()
    }
    test = chi_square(list(counts.values()), yates=yates)
    row: dict = {"level": str(values[-1])}
    for name, (count, rest) in counts.items():
        row |= _of_group(name, count + rest, count / (count + rest), count)
    return row | {"p": test.p, "test": test.method}


def _of_group(name: str, n: int, mean: float, spread: float) -> dict[str, float]:
    return {f"n ({name})": n, f"mean or share ({name})": mean, f"SD or count ({name})": spread}


def covariate_results(
    table: "pd.DataFrame", names: Mapping[str, tuple[str, str]], *, ddof: int = 1
) -> dict[str, dict[str, Estimate]]:
    """Return unit -> name -> number for all entries of a table from `covariate_table`.

    Parameters
    ----------
    names : mapping of str to (str, str)
        Title of a characteristic -> its name among results, and its unit. A group's mean is called
        ``<name>_<group>``, its SD ``<name>_<group>_sd``, its share of a word ``<word>_<group>_share``, and
        the test of a characteristic ``<name>_p``.
    ddof : {1, 0}
        SDs divide by n - ddof.
    """
    groups = [column.removeprefix("n (")[:-1] for column in table if column.startswith("n (")]
    results: dict[str, dict[str, Estimate]] = {
        unit: {} for unit in ("1", *(unit for _, unit in names.values()))
    }
    for row in table.to_dict("records"):
        name, unit = names[row["characteristic"]]
        for group in groups:
            n, mean, spread = (row[f"{what} ({group})"] for what in ("n", "mean or share", "SD or count"))
            if word := row["level"].lower():
                results["1"][f"{word}_{group.lower()}_share"] = counted(mean, n)
            else:
                spread *= math.sqrt((n - 1) / (n - ddof))
                own = f"{name}_{group.lower()}"
                results[unit] |= {own: counted(mean, n), f"{own}_sd": counted(spread, n)}
        results["1"][f"{name}_p"] = counted(row["p"], sum(row[f"n ({group})"] for group in groups))
    return results
