"""Which checks follow from the tables and sentences of a paper: claims and entries made of its cells."""

import re
from collections.abc import Iterator

from neolab.claims.audit.confusion import METRICS
from neolab.claims.audit.contents import Document, Table
from neolab.claims.audit.text import Found, find_statistics, whole_number
from neolab.claims.audit.vocabulary import (
    ALIASES,
    BEATS,
    FAR_MORE,
    HIGHEST,
    LOWER_IS_BETTER,
    LOWEST,
    SIGNIFICANT,
    around,
    metric_of,
    named,
    number_after,
)
from neolab.claims.numerals import read_numerals
from neolab.claims.schema import Claim, Paper
from neolab.errors import InputError


class Derivation:
    """The claims of a document and the entries that check them.

    Parameters
    ----------
    study : str
        Lower-case letters and digits: begins every identifier.
    document : Document

    Raises
    ------
    InputError
        If a cell holds no number.
    """

    def __init__(self, study: str, document: "Document"):
        self.study, self.document = study, document
        self.claims: dict[str, Claim] = {}
        self.entries: list[dict] = []
        self._values: dict[tuple[str, str], dict[str, str]] = {}  # (table, metric) -> row -> reference
        for number, table in enumerate(document.tables, start=1):
            self._table(f"table{number}", table)
        for number, sentence in enumerate(document.statements, start=1):
            self._statement(f"statement{number}", sentence)

    @property
    def paper(self) -> Paper:
        """The paper as the checks read it."""
        return Paper(study=self.study, source=self.document.title, claims=tuple(self.claims.values()))

    # ---- Making claims and entries

    def _claim(self, name: str, printed: str, place: str, numeral: int = 1, **fields) -> str:
        """Add the claim of one printed number; return its reference."""
        reference = ".".join(_slug(part) for part in name.split("|"))
        while f"{self.study}.{reference}" in self.claims:
            reference += "_again"
        percent, unit = fields.pop("percent_in_header", False), fields.pop("unit", "1")
        number = read_numerals(printed)[numeral - 1]
        share = unit == "1" and (number.percent or percent)
        claim = Claim(
            id=f"{self.study}.{reference}",
            place=place,
            printed=printed,
            numeral=numeral,
            value=number.value / 100 if share else number.value,
            unit=unit,
            metric=_slug(reference.rpartition(".")[2]) or "value",
            not_testable="from a file for the audit",
            percent_in_header=percent,
            **fields,
        )
        self.claims[claim.id] = claim
        return reference

    def _p(self, name: str, printed: str, place: str) -> str:
        relation = next((sign for sign in "<>≤≥" if sign in printed), "=")
        return self._claim(name, printed, place, relation={"≤": "<", "≥": ">"}.get(relation, relation))

    def _add(self, name: str, check: str, about: str, **fields) -> None:
        taken = {entry["name"] for entry in self.entries}
        while name in taken:
            name += "_again"
        states = self.document.states
        self.entries.append({"name": name, "check": check, "about": about, "states": states} | fields)

    # ---- Tables

    def _table(self, key: str, table: "Table") -> None:
        sizes = table.n if isinstance(table.n, dict) else {}
        if table.total and len(sizes) > 1:
            total = self._claim(f"{key}|total", str(table.total), f"{table.name}, total", unit="count")
            self._add(
                f"{key}.total", "total", f"{table.name}, groups", total=total, parts=list(sizes.values())
            )
        for row, cells in table.cells.items():
            name, about = f"{key}.{_slug(row)}", f"{table.name}, {row}"
            parts = {column: self._cell(key, table, row, column, text) for column, text in cells.items()}
            self._groups(
                name, about, table, row, {c: (parts[c], n) for c, n in sizes.items() if c in parts}, parts
            )
            known = {metric: parts[c] for c in cells if (metric := metric_of(c)) and c not in sizes}
            self._metrics(name, about, table, known)
            for metric, cell in known.items():
                if "value" in cell or "mean" in cell:
                    value = cell.get("value", cell.get("mean"))
                    self._values.setdefault((table.name, metric), {})[row] = value

    def _cell(self, key: str, table: "Table", row: str, column: str, text: str) -> dict[str, str]:
        """Return the claims of a cell by what they are: value, mean, sd, count, share, estimate, low, ..."""
        place, name = f"{table.name}, {row}, {column}", f"{key}|{row}|{column}"
        numbers = read_numerals(text)
        if not numbers:
            raise InputError(f"{place}: found {text!r}, expected a number")
        if metric_of(column) == "p":
            return {"p": self._p(name, text, place)}
        if len(numbers) >= 3 and re.search(r"[(\[]", text):
            kinds = ("estimate", "low", "high")
        elif len(numbers) >= 2 and re.search(r"±|\+/-|\bSD\b", text):
            kinds = ("mean", "sd")
        elif len(numbers) >= 2 and numbers[1].percent and not numbers[0].percent:
            kinds = ("count", "share")
        elif len(numbers) == 1:
            kinds = ("value",)
        else:
            raise InputError(
                f"{place}: found {text!r}, expected one number, mean ± SD, count (share), or a CI"
            )
        header = column in table.percent
        return {
            kind: self._claim(
                f"{name} {kind}" if len(kinds) > 1 else name,
                text,
                place,
                numeral,
                unit="count" if kind == "count" else "1",
                percent_in_header=header and kind != "count",
                statistic=kind if kind in ("mean", "sd", "low", "high") else "value",
            )
            for numeral, kind in enumerate(kinds, start=1)
        }

    def _groups(self, name: str, about: str, table: "Table", row: str, groups, parts) -> None:
        """Checks of one row with groups in columns."""
        for column, (cell, n) in groups.items():
            where, words = f"{name}.{_slug(column)}", f"{about}, {column}"
            if "share" in cell:
                self._add(f"{where}.share", "share", words, count=cell["count"], n=n, share=cell["share"])
            elif "value" in cell and self.claims[f"{self.study}.{cell['value']}"].reading.percent:
                self._add(f"{where}.share", "proportion", words, value=cell["value"], n=n)
            if "mean" in cell and row in table.yes_no:
                self._add(f"{where}.binary", "binary_mean", words, mean=cell["mean"], sd=cell["sd"], n=n)
            elif row in table.whole_numbers and ("mean" in cell or "value" in cell):
                low, high = table.scale or (None, None)
                mean = cell.get("mean", cell.get("value"))
                fields = {"mean": mean, "sd": cell.get("sd"), "low": low, "high": high}
                self._add(f"{where}.whole", "whole_number_mean", words, n=n, **fields)
        p = next((cell["p"] for column, cell in parts.items() if "p" in cell), None)
        if len(groups) == 2:
            self._two_groups(name, about, list(groups.values()), parts, p)
        whole = next((cell for column, cell in parts.items() if metric_of(column) == "total"), {})
        counts = [cell["count"] for cell, _ in groups.values() if "count" in cell]
        if "count" in whole and len(counts) == len(groups):
            self._add(f"{name}.sum", "total", about, total=whole["count"], parts=counts)

    def _two_groups(self, name: str, about: str, groups, parts, p: str | None) -> None:
        if all("mean" in cell for cell, _ in groups) and p:
            first, second = ([cell["mean"], cell["sd"], n] for cell, n in groups)
            self._add(f"{name}.p", "t_test", about, first=first, second=second, p=p)
        counted = all("count" in cell for cell, _ in groups)
        pairs = [[cell["count"], n] for cell, n in groups] if counted else []
        if counted and p:
            self._add(f"{name}.p", "chi_square", about, first=pairs[0], second=pairs[1], p=p)
        for column, cell in parts.items():
            kind = metric_of(column)
            if "estimate" in cell:
                null = 1 if kind in ("odds_ratio", "risk_ratio") else 0
                use = p if kind in ("odds_ratio", "risk_ratio", "difference") and not counted else None
                fields = {key: cell[key] for key in ("estimate", "low", "high")}
                self._add(f"{name}.{kind or 'interval'}", "interval", about, **fields, p=use, null=null)
            if kind in ("odds_ratio", "risk_ratio") and counted:
                ends = {key: cell[key] for key in ("low", "high") if key in cell}
                value = cell.get("estimate", cell.get("value"))
                fields = {"kind": kind, "estimate": value, "first": pairs[0], "second": pairs[1]}
                self._add(f"{name}.{kind}_of_counts", "group_ratio", about, **fields, **ends)

    def _metrics(self, name: str, about: str, table: "Table", cells: dict[str, dict[str, str]]) -> None:
        """Checks of one row with metrics in columns."""
        means = {m: c.get("value", c.get("mean", c.get("estimate"))) for m, c in cells.items()}
        means = {m: r for m, r in means.items() if r}
        pairs = {m: [c["mean"], c["sd"]] for m, c in cells.items() if "sd" in c and m in METRICS}
        rates = {m: r for m, r in means.items() if m in METRICS}
        p, n = table.positives, table.negatives
        sizes = {"positives": p, "negatives": n}
        if p and n and rates:
            if table.readers or (table.folds and p % table.folds == n % table.folds == 0):
                split = table.folds or 1
                groups = [[table.readers or table.folds, p // split, n // split]]
                if {"sensitivity", "specificity"} <= set(pairs):
                    unit = "reader" if table.readers else "fold"
                    self._add(f"{name}.tables", "recover", about, sizes=groups, metrics=pairs, unit=unit)
            if table.folds:
                self._add(f"{name}.means", "fold_means", about, folds=table.folds, metrics=rates, **sizes)
            elif not table.readers:
                self._add(f"{name}.table", "one_table", about, metrics=rates, **sizes)
            if "auc" in rates:
                self._add(f"{name}.auc", "auc_precision", about, auc=rates["auc"], **sizes)
            if table.readers == 3 and {"kappa", "sensitivity", "specificity"} <= set(means):
                chosen = {m: means[m] for m in ("kappa", "sensitivity", "specificity")}
                self._add(f"{name}.kappa", "kappa", about, raters=3, **chosen, **sizes)
        elif {"auc", "sensitivity", "specificity"} <= set(rates) and not table.folds:
            chosen = {m: rates[m] for m in ("auc", "sensitivity", "specificity")}
            self._add(f"{name}.auc", "auc_possible", about, **chosen)
        if table.lesions and table.subjects and {"sensitivity", "precision", "false_positives"} <= set(means):
            chosen = {m: means[m] for m in ("sensitivity", "precision", "false_positives")}
            sizes = {"lesions": table.lesions, "subjects": table.subjects}
            self._add(f"{name}.detection", "detection", about, **chosen, **sizes)
        if isinstance(table.n, int):
            if {"mae", "rmse"} <= set(means):
                self._add(f"{name}.errors", "errors", about, mae=means["mae"], rmse=means["rmse"], n=table.n)
            if "r" in means and "p" in cells:
                fields = {"kind": "r", "value": means["r"], "df": [table.n - 2], "p": cells["p"]["p"]}
                self._add(f"{name}.r", "statistic", about, **fields)

    # ---- Statements

    def _statement(self, key: str, sentence: str) -> None:
        about = f'"{sentence if len(sentence) < 60 else sentence[:57] + "..."}"'
        found = find_statistics(sentence)
        ps = []
        for number, one in enumerate(found, start=1):
            ps += self._statistic(f"{key}.{number}", about, one)
        if ps and (words := SIGNIFICANT.search(sentence)):
            relation = ">=" if words["no"] else "<"
            fields = {"left": ps[:1], "relation": relation, "right": [0.05], "quote": sentence}
            self._add(f"{key}.significant", "compare", about, **fields)
        self._comparison(key, about, sentence)

    def _statistic(self, name: str, about: str, found: Found) -> list[str]:
        """Add the check of one statistic; return the reference of its p, if it has one."""
        parts, place = found.parts, "Text"
        claims = {
            part: self._claim(f"{name}|{part}", parts[part] + "%" * (part == "share"), place)
            for part in ("value", "estimate", "low", "high", "share")
            if part in parts
        }
        p = [self._p(f"{name}|p", f"{parts['p_relation']} {parts['p']}", place)] if "p" in parts else []
        if found.check == "statistic":
            df = [float(parts[d]) for d in ("df1", "df2") if d in parts]
            self._add(name, "statistic", about, kind=found.kind, value=claims["value"], df=df, p=p[0])
        elif found.check == "interval":
            level, null = float(parts["level"]) / 100, int(found.kind == "ratio")
            fields = {key: claims[key] for key in ("estimate", "low", "high")}
            self._add(name, "interval", about, **fields, p=p[0] if p else None, null=null, level=level)
        else:
            count, n = whole_number(parts["count"]), whole_number(parts["n"])
            self._add(name, "share", about, count=count, n=n, share=claims["share"])
        return p

    def _comparison(self, key: str, about: str, sentence: str) -> None:
        """Compare cells where words say that one row or group is ahead of others."""
        if words := FAR_MORE.search(sentence):
            sizes = {g: n for t in self.document.tables if isinstance(t.n, dict) for g, n in t.n.items()}
            first, second = ([g for g in named(part, sizes)] for part in around(sentence, words))
            if first and second:
                sides = {
                    "left": [sizes[first[-1]]],
                    "relation": ">=",
                    "factor": 2,
                    "right": [sizes[second[0]]],
                }
                fields = {"quote": sentence, "at_most": "ambiguous" if "far" in words[0] else "impossible"}
                self._add(f"{key}.more", "compare", about, **sides, **fields)
        for metric, values in self._metrics_named(sentence):
            rows = named(sentence, values)
            ahead = BEATS.search(sentence)
            if ahead and len(rows) >= 2:
                first, second = (named(part, values) for part in around(sentence, ahead))
                if first and second:
                    relation = "<" if metric in LOWER_IS_BETTER else ">"
                    sides = {"left": [values[r] for r in first], "right": [values[r] for r in second]}
                    self._add(f"{key}.{metric}", "compare", about, relation=relation, quote=sentence, **sides)
            elif rows and (HIGHEST.search(sentence) or LOWEST.search(sentence) or ahead):
                best = re.search(r"\b(best|superior)\b", sentence, re.I) or ahead
                lowest = bool(LOWEST.search(sentence)) or bool(best and metric in LOWER_IS_BETTER)
                fields = {"named": rows[0], "values": values, "quote": sentence, "lowest": lowest}
                self._add(f"{key}.{metric}", "best", about, **fields)
            elif len(rows) == 1 and (number := number_after(sentence, metric)):
                again = self._claim(f"{key}|{metric}", number, "Text")
                self._add(f"{key}.{metric}", "same", about, claims=[values[rows[0]], again])

    def _metrics_named(self, sentence: str) -> Iterator[tuple[str, dict[str, str]]]:
        """Yield the metrics that a sentence names, with their rows; where it names none, the first one."""
        mentioned = {
            metric
            for metric, words in ALIASES.items()
            if len(metric) > 1
            and any(re.search(rf"\b{re.escape(w)}\b", sentence, re.I) for w in words if len(w) > 2)
        }
        tables = {metric: values for (_, metric), values in self._values.items() if len(values) > 1}
        chosen = [metric for metric in tables if metric in mentioned] or list(tables)[:1]
        yield from ((metric, tables[metric]) for metric in chosen)


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9_]+", "_", text.lower()).strip("_") or "x"
