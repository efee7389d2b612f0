# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Can these numbers be true together?
#
# A results table is a set of promises. Sensitivity, specificity and accuracy of one test come from the same
# four counts; a mean and an SD over five folds come from the same five; a p-value follows from two means,
# two SDs and two group sizes. So a table can be *checked without its data*: if no patients whatever could
# have produced it, something was misprinted, mislabelled or miscalculated.
#
# In this lesson you see each table as it was printed, guess, and then run the check. Everything is
# arithmetic that you can redo on paper.
#
# **What this lesson is not for.** Misprints happen to everybody, and a slip in a table does not make a
# study wrong. The checks say *these numbers cannot all be true*. They never say why, and they never say
# whose fault it is.

# %% tags=["parameters"]
profile = "teach"
data = None
seed = 0

# %%
import pandas as pd

from neolab import claims, viz
from neolab.claims import audit
from neolab.run import notebook

run = notebook.start("audit", globals())
run.without_images()

# %% [markdown]
# ## A printed number is an interval
#
# *76.90 %* stands for every value from 76.895 % to 76.905 %. All checks work with such intervals. Both ends
# belong to them, because some programs round a half up and others to the even digit.

# %%
for text in ("76.90%", "76.9%", "0.77", "1.47 ± 0.09"):
    interval = audit.printed(text)
    print(f"{text:12s} {interval.low:.5f} to {interval.high:.5f}")

# %% [markdown]
# The digits after the point are information: *76.90 %* says ten times more than *76.9 %*. That is why the
# claims files keep every number as a string.

# %%
papers = claims.load_papers()
counts = pd.Series({study: len(paper.claims) for study, paper in papers.items()}, name="published numbers")
run.metric("claims.total", int(counts.sum()), unit="count")
counts.to_frame().T

# %% [markdown]
# ## Can this percentage come from this n?
#
# Wu and colleagues measured a brightness ratio, GPnorm, in 47 newborns with acute bilirubin encephalopathy
# and 32 without. Their Table 2 prints:
#
# | method | sensitivity | specificity | precision | F1 | accuracy |
# |---|---|---|---|---|---|
# | GPnorm | 68.10 % | 78.10 % | 82.05 % | 74.42 % | 72.15 % |
#
# Sensitivity is a count out of 47, specificity a count out of 32. **Guess:** which of the five numbers
# cannot be what it says?
#
# <details><summary>A hint</summary>Divide: 32/47, 25/32, 32/39, 57/79.</details>

# %%
for name, text, n in (
    ("sensitivity", "68.10%", 47),
    ("specificity", "78.10%", 32),
    ("accuracy", "72.15%", 79),
):
    hits = [f"{k}/{n}" for k in audit.counts_within(audit.printed(text), n)]
    print(f"{name:12s} {text} of {n}: {', '.join(hits) or 'no count prints so'}")

# %% [markdown]
# This is the GRIM test (granularity-related inconsistency of means; Brown and Heathers 2017). With few
# cases most percentages do not exist. Try it: the tall lines are what `n` cases can give, the grey band is
# what rounds to the printed number.

# %%
import ipywidgets

viz.live_figure(
    viz.attainable_figure,
    {
        "n": ipywidgets.IntSlider(47, 5, 200, description="n", continuous_update=False),
        "decimals": ipywidgets.IntSlider(2, 0, 3, description="decimals", continuous_update=False),
        "printed": ipywidgets.FloatSlider(
            68.1,
            min=1,
            max=99,
            step=0.05,
            readout_format=".2f",
            description="printed",
            continuous_update=False,
        ),
    },
    run.footer,
)

# %%
run.figure(
    viz.attainable_figure(47, 2, 68.10),
    "grim_sensitivity",
    caption="What 47 cases can give, near the printed sensitivity of 68.10 %",
    paper="Table 2",
)

# %% [markdown]
# Move `decimals` to 1 and the number is fine: 32/47 is 68.1 %. So the last digit of *68.10 %* was not
# measured. A small thing, and the only reading under which the row holds.
#
# ## One table, five numbers
#
# A 2×2 table has four cells, and two of them are fixed by the group sizes. So the two remaining counts
# produce *all* the metrics. How many tables fit precision, F1 and accuracy?

# %%
row = {"precision": "82.05%", "f1": "74.42%", "accuracy": "72.15%"}
tables = audit.feasible_tables(
    {name: audit.printed(text) for name, text in row.items()}, positives=47, negatives=32
)
tables

# %% [markdown]
# Exactly one: 32 true positives, 25 true negatives. Its sensitivity is 68.1 %, its specificity 78.1 %: the
# row is sound, and its confusion matrix, which the paper shows only as a picture, is recovered.
#
# ## Ten numbers, five folds
#
# The network of the same paper was tested in five folds of 38 slices, 19 of each group:
#
# | ResNet18 | sensitivity | specificity | precision | F1 | accuracy |
# |---|---|---|---|---|---|
# | mean ± SD | 78.95 ± 17.85 | 45.26 ± 19.19 | 59.58 ± 7.09 | 67.11 ± 8.28 | 62.11 ± 8.03 |
#
# The five confusion matrices are not printed. **Guess:** how many sets of five matrices give these ten
# numbers? None, one, dozens, thousands?

# %%
from math import comb


def summary(text: str) -> audit.Summary:
    """Read a printed mean ± SD."""
    return audit.Summary(audit.printed(text), audit.printed(text, 2))


resnet18 = {
    "sensitivity": summary("78.95 ± 17.85%"),
    "specificity": summary("45.26 ± 19.19%"),
    "precision": summary("59.58 ± 7.09%"),
    "f1": summary("67.11 ± 8.28%"),
    "accuracy": summary("62.11 ± 8.03%"),
}
folds = [(19, 19)] * 5
fitting = {ddof: audit.recover_tables(folds, resnet18, ddof) for ddof in (1, 0)}
(five,) = fitting[1]
all_sets = comb(20 * 20 + 4, 5)  # five of the 400 tables with 19 + 19 slices, repetition allowed
run.metric("resnet18.sets_of_tables", len(fitting[1]), unit="count")
run.say(
    f"Dividing the SD by n - 1: **{len(fitting[1])}** set. Dividing by n: {len(fitting[0])}. There are "
    f"{all_sets / 1e9:.0f} thousand million sets of five tables, and the printed digits single out one of "
    "them, together with the kind of SD."
)

# %%
rates = {name: audit.summarise(five, folds, name)[0] for name in resnet18}
recovered = pd.DataFrame({"TP of 19": five.tp, "TN of 19": five.tn, **rates}, index=range(1, 6))
recovered = recovered.rename_axis("fold")
run.table(recovered, "recovered_folds", caption="The only five tables that fit")

# %%
run.figure(
    viz.folds_figure(rates["sensitivity"], rates["specificity"], (0.7895, 0.4526), (0.1785, 0.1919)),
    "recovered_folds",
    recovered,
    caption="The five folds of ResNet18, recovered from ten printed numbers",
    paper="Table 2",
)

# %%
run.say(
    f"Look at fold 5: {five.tp[4]} of 19 slices with encephalopathy are found, and {19 - five.tn[4]} of the 19 "
    "others are called the same. A mean and an SD hid that. It can be seen *because* the authors printed two "
    "decimals; the next widget shows how fast the answer blurs when digits are cut."
)


# %%
viz.live_figure(
    lambda decimals, convention, tables=five, printed=folds: viz.number_figure(
        audit.count_sets(tables, printed, decimals, {"n - 1": 1, "n": 0}[convention]),
        f"sets of five tables fit, percentages with {decimals} decimals, SD divided by {convention}",
    ),
    {
        "decimals": ipywidgets.IntSlider(2, 0, 3, description="decimals", continuous_update=False),
        "convention": ipywidgets.ToggleButtons(options=["n - 1", "n"], description="SD by"),
    },
    run.footer,
)

# %%
blur = pd.DataFrame(
    [(d, audit.count_sets(five, folds, d, 1), audit.count_sets(five, folds, d, 0)) for d in (3, 2, 1, 0)],
    columns=["decimals", "sets, SD by n - 1", "sets, SD by n"],
)
run.table(blur, "digits_and_sets", caption="Fewer digits, more tables")

# %% [markdown]
# ## Find the misprint
#
# The same table gives the three radiologists, each of whom judged all 79 newborns:
#
# | visual | sensitivity | specificity | precision | F1 | accuracy |
# |---|---|---|---|---|---|
# | mean ± SD | 52.48 ± 13.58 | 55.21 ± 7.86 | 62.95 ± 3.58 | 56.79 ± 8.90 | 53.58 ± 5.71 |
#
# **Guess:** one of the ten numbers cannot be right. Which?

# %%
visual = {
    "sensitivity": summary("52.48 ± 13.58%"),
    "specificity": summary("55.21 ± 7.86%"),
    "precision": summary("62.95 ± 3.58%"),
    "f1": summary("56.79 ± 8.90%"),
    "accuracy": summary("53.58 ± 5.71%"),
}
readers = [(47, 32)] * 3
print("sets that fit all ten:", len(audit.recover_tables(readers, visual, rounded_first=4)))
((metric, part, (three,)),) = audit.recover_without_one(readers, visual, rounded_first=4)
_, mean, sd = audit.summarise(three, readers, metric)
corrected = sd if part == "sd" else mean
print(f"without the {part} of {metric}: one set, in which it is {100 * corrected:.2f} %")
three

# %%
accuracies, mean_accuracy, _ = audit.summarise(three, readers, "accuracy")
run.say(
    f"One digit: 13.58 should read {100 * corrected:.2f}, and then a single set of three tables gives everything "
    f"else. (The mean accuracy is {100 * mean_accuracy:.3f} %; it prints as 53.58 only if each reader's value was "
    "rounded first, which the search allowed with `rounded_first=4`.)"
)

# %% [markdown]
# From these three tables more follows. **Guess:** the paper says that Fleiss' kappa of the readers is 0.5082,
# and that they do not differ (p > 0.05). Is either so?

# %%
yes = [int(tp + 32 - tn) for tp, tn in zip(three.tp, three.tn, strict=True)]
right = [int(tp + tn) for tp, tn in zip(three.tp, three.tn, strict=True)]
kappas = [kappa for kappa, *_ in audit.attainable_kappas([sum(yes)], n_cases=79)]
every = [kappa for kappa, *_ in audit.attainable_kappas(range(1, 3 * 79), n_cases=79)]
below, above = max(k for k in kappas if k < 0.5082), min(k for k in kappas if k > 0.5082)
p_yes, p_right = (audit.chi_square_of_rows([(k, 79 - k) for k in counts]) for counts in (yes, right))
run.say(
    f"Together they called {sum(yes)} of {3 * 79} cases positive, and with that number kappa can be {below:.4f} or "
    f"{above:.4f} and nothing between. (Whatever three readers say of 79 newborns: "
    f"{sum(0.50815 <= kappa <= 0.50825 for kappa in every)} of the {len(every):,} kappas that there are print as "
    f"0.5082.) They were right in {', '.join(map(str, right))} of 79 cases, which a "
    f"chi-square test does not tell apart (p = {p_right:.2f}); but they said *encephalopathy* in "
    f"{', '.join(map(str, yes))}, and there p = {p_yes:.3f}. Both can be called *the results of three radiologists*."
)

# %% [markdown]
# ## A mean of ratios is not a ratio of means
#
# GloResNet was tested in five stratified folds of 128 preterm infants, 54 of them with an injury. Its
# Table 2:

# %%
glo = papers["gloresnet2026"]
models = {
    "ViT-Base": "vit_b",
    "Swin-UNet": "swin_unet",
    "ResNet-50": "resnet50",
    "DenseNet-121": "densenet121",
    "ResNet-18": "resnet18",
    "GloResNet": "gloresnet",
}
metrics = ["accuracy", "sensitivity", "specificity", "f1", "mcc", "auc"]
rows = {
    name: {m: glo.claim(f"gloresnet2026.table2.{key}.{m}") for m in metrics} for name, key in models.items()
}
pd.DataFrame({name: {m: c.reading.text for m, c in row.items()} for name, row in rows.items()}).T

# %% [markdown]
# **Guess:** which rows cannot be? Two rules help. Accuracy lies *between* sensitivity and specificity,
# nearer to the one of the larger group. And mean F1 is *not* F1 of the mean rates, so be careful with it.
#
# Each fold is one of a few hundred possible tables, and the row of means is an average of their metrics. So
# it lies inside the convex hull of all tables: a linear programme decides whether it does.

# %%
verdict, shares = {}, {}
for name, row in rows.items():
    values = {m: audit.claimed(claim) for m, claim in row.items()}

    def possible(chosen: tuple[str, ...], values: dict = values) -> bool:
        return audit.fold_means_feasible(
            {m: values[m] for m in chosen}, positives=54, negatives=74, n_folds=5
        )

    verdict[name] = ", ".join(audit.minimal_conflict(values, possible)) or "possible"
    share = audit.share_range(values["sensitivity"], values["specificity"], values["accuracy"])
    shares[name] = (100 * share.low, 100 * share.high)
pd.Series(verdict, name="smallest conflict").to_frame()

# %% [markdown]
# Where accuracy clashes with sensitivity and specificity, one can ask which share of injured infants it
# would need:

# %%
needed = pd.DataFrame(shares, index=["low", "high"]).T.rename_axis("model")
needed_figure = viz.ranges_figure(
    shares,
    xlabel="infants with injury that the row would need (%)",
    mark=100 * 54 / 128,
    mark_label="the cohort: 54 of 128",
    xlim=(0, 130),
)
run.figure(
    needed_figure,
    "needed_share",
    needed,
    caption="Share of positives at which accuracy, sensitivity and specificity agree",
    paper="Table 2",
)

# %% [markdown]
# Not one bar reaches the cohort's 42 %, and the last lies beyond 100 %: an accuracy of 75.18 % below both a
# sensitivity of 0.76 and a specificity of 0.81 exists for *no* mixture. (DenseNet-121 escapes the proof in
# the table above by a hair: the programme must allow folds of unequal size.)
#
# ## The best of what?
#
# The last row of the same table is *GloResNet (Best)*:
#
# | | accuracy | sensitivity | specificity | F1 |
# |---|---|---|---|---|
# | GloResNet (Avg) | 75.18 | 0.76 | 0.81 | 0.780 |
# | GloResNet (Best) | 81.82 | 0.81 | 0.87 | 0.733 |
#
# **Guess:** is the second row one fold, or the best value of each column, wherever it came from?

# %%
best = {name: glo.claim(f"gloresnet2026.table2.best.{name}") for name in metrics[:4]}
best = {name: audit.claimed(claim) for name, claim in best.items()}
share = audit.share_range(best["sensitivity"], best["specificity"], best["accuracy"])
f1 = audit.f1_range(best["sensitivity"], best["specificity"], share)
run.say(
    f"If it is one fold, of whatever size, its accuracy needs {100 * share.low:.0f} to {100 * share.high:.0f} % of "
    f"infants with injury, and then its F1 is {f1.low:.2f} to {f1.high:.2f}, not 0.733. If it is the best of each "
    "column, the best F1 cannot be below the mean F1. So it is neither."
)

# %% [markdown]
# ## "No significant difference"
#
# Wu and colleagues compare the subthalamic nucleus between groups: *1.47 ± 0.09 and 1.42 ± 0.07, p > 0.05*
# by t-test, with 47 and 32 newborns. **Guess:** is that so?
#
# Every value that rounds to these digits gives some p. The bars show the range, for the two t-tests and
# both kinds of SD; the grey area is what the paper says.


# %%
def p_figure(n1: int, n2: int, decimals: int):
    """Draw the p-values that the printed summaries allow."""
    first, second = (
        audit.Group(audit.rounded_interval(mean, decimals), audit.rounded_interval(sd, decimals), n)
        for mean, sd, n in ((1.47, 0.09, n1), (1.42, 0.07, n2))
    )
    bars = {name: (max(p.low, 1e-9), p.high) for name, p in audit.t_test_readings(first, second).items()}
    return viz.ranges_figure(
        bars, xlabel="p", mark=(0.05, 1.0), mark_label="p > 0.05", xlim=(1e-5, 1.2), log=True
    )


viz.live_figure(
    p_figure,
    {
        "n1": ipywidgets.IntSlider(47, 5, 80, description="n, ABE", continuous_update=False),
        "n2": ipywidgets.IntSlider(32, 5, 80, description="n, other", continuous_update=False),
        "decimals": ipywidgets.IntSlider(2, 1, 4, description="decimals", continuous_update=False),
    },
    run.footer,
)

# %%
run.figure(
    p_figure(47, 32, 2),
    "stnnorm_p",
    caption="p-values that 1.47 ± 0.09 (n = 47) and 1.42 ± 0.07 (n = 32) allow",
    paper="Results, semi-quantitative diagnosis",
)

# %% [markdown]
# With sample SDs, which is what the paper's software prints, p stays below .05 whatever the rounding hid.
# Only the population SD, with all four numbers at the very edge of their rounding, crosses the line. (The
# paper's methods name an analysis of covariance for this comparison, its results a t-test. A p-value adjusted
# for age and sex could be another one; the text gives no way to check it.) How small would the groups have to
# be for "p > 0.05" to be true?
#
# ## The right number under the wrong name
#
# Wada and colleagues report how well a network tells an infant's age:
#
# | | simple model | ensemble |
# |---|---|---|
# | abstract and text, *coefficient of correlation* | 0.81 | 0.93 |
# | Table 1, *r* | 0.901 | 0.964 |
#
# **Guess** what happened before you run the cell.

# %%
for r, other in (("0.901", "0.81"), ("0.964", "0.93")):
    squared = audit.printed(r).low ** 2, audit.printed(r).high ** 2
    print(f"{r} squared is {squared[0]:.4f} to {squared[1]:.4f}; the text prints {other}")

# %% [markdown]
# ## What n allows
#
# Raad and colleagues compare eight models by the AUC of 8 abnormal scans against normal ones: 0.83 for the
# best, 0.74 for the worst. **Guess** the 95 % interval of the best.


# %%
def auc_figure(positives: int, negatives: int):
    """Draw the intervals of the best and the worst AUC."""
    bars = {f"AUC {auc}": audit.auc_interval(auc, positives, negatives) for auc in (0.83, 0.74)}
    return viz.ranges_figure(bars, xlabel="AUC", mark=0.5, mark_label="chance", xlim=(0.4, 1.0), judge=False)


viz.live_figure(
    auc_figure,
    {
        "positives": ipywidgets.IntSlider(8, 3, 200, description="abnormal", continuous_update=False),
        "negatives": ipywidgets.IntSlider(89, 3, 200, description="normal", continuous_update=False),
    },
    run.footer,
)

# %%
low, high = audit.auc_interval(0.83, 8, 89)
run.metric("raad2023.best_auc", 0.83, low=low, high=high, n=97, interval="95% Hanley-McNeil, scans")
run.figure(
    auc_figure(8, 89),
    "auc_precision",
    caption="The best and the worst AUC of eight models, with 8 abnormal scans",
    paper="Results",
)

# %%
p = audit.difference_p(0.83, 0.74, 8, 89)
run.say(
    f"From {low:.2f} to {high:.2f}. Taken as independent, the best and the worst model differ with "
    f"p = {p:.2f}. The abstract says that *up to 83 % of cases* were categorised correctly. An AUC is not a "
    "share of cases; and of 97 cases, 80 are 82.47 % and 81 are 83.51 %: no count prints as 83 %."
)

# %% [markdown]
# ## Counting a network
#
# GloResNet is a 3-D ResNet-10 whose last stage has 512 features, said to have 5.4 million parameters. A
# convolution has *inputs × outputs × kernel volume* weights, so parameters can be counted by hand, or by a
# counter that needs no deep-learning library:

# %%
network = audit.resnet(10, size=128)
layers = pd.DataFrame([vars(layer) for layer in network.layers if layer.parameters > 1000])
run.metric("resnet10.parameters", network.parameters, unit="count")
run.table(layers.tail(8), "resnet10_layers", caption="The last layers of a 3-D ResNet-10 at 128 cubed")

# %%
run.say(
    f"In all **{network.parameters / 1e6:.2f} million** parameters, and {network.macs / 1e9:.1f} thousand "
    "million multiplications for one image of 128 cubed (the paper: 3.9). Its two largest convolutions alone "
    f"have {layers.parameters.nlargest(2).sum() / 1e6:.1f} million."
)

# %% [markdown]
# ## Detection: three numbers, one count
#
# A detector's sensitivity, its false positives per subject and its precision share the same true and false
# positives. For Sundaresan and colleagues only the abstract is at hand; the numbers below come from a
# digest by others, so the checks never call them worse than *inconsistent*.

# %%
findings = audit.audit()
detection = [f for f in findings if f.check == "detection"]
for finding in detection[:2] + detection[-1:]:
    print(f"[{finding.severity}] {finding.title}")
    print("   ", "\n    ".join(finding.arithmetic))

# %% [markdown]
# ## A check that cannot decide
#
# Between the data and a printed number stand choices that papers seldom tell: how digits were rounded, what an
# SD divides by, which test was run. Every check of `neolab audit` names these *premises* and tries all of their
# options ([the catalogue](../docs/audit_checks.md) lists them). **Guess:** a paper prints 1.47 ± 0.09 (n = 47)
# and 1.42 ± 0.07 (n = 32) with p = 0.6, and does not name its test. Is that impossible?

# %%
unnamed = """
title: an invented table
tables:
  - name: Table 1
    n: {cases: 47, controls: 32}
    cells:
      ratio: {cases: "1.47 ± 0.09", controls: "1.42 ± 0.07", p: "0.6"}
"""
for stated in ("", "states: {means_test: [Student, Welch], sides: two}"):
    (finding,) = audit.audit_yaml(stated + unnamed)
    print(f"[{finding.severity}] {finding.title}")

# %% [markdown]
# No t-test gives that p, one-sided or paired or not. But a test of ranks might, or one that is adjusted for age,
# and means and SDs say nothing about it: the check *cannot decide*, and says what it hangs on. One sentence in
# the methods, "t-test", would settle it. Before you call a table wrong, ask what else its authors may have done.
#
# ## Everything at once
#
# `neolab audit` runs every check that applies, on all five papers, and under every reading. It needs no data.
#
# | severity | means |
# |---|---|
# | impossible | no reading of the printed numbers lets them all be true; minimal sets that clash are listed |
# | inconsistent | *only if* something seldom was done that the paper does not say, or a premise from outside holds |
# | ambiguous | *only if* something common was done that the paper does not say, or the wording has two meanings |
# | note | nothing is wrong; worth knowing |
# | consistent | the check passed |

# %%
table = pd.DataFrame([finding.to_dict() for finding in findings])
counts = pd.crosstab(table["study"], table["severity"]).reindex(
    index=list(papers), columns=list(audit.Severity)
)
counts = counts.fillna(0).astype(int)
run.record("findings", counts.sum(), unit="count")
run.figure(
    viz.severity_figure(counts.to_dict("index")), "severities", counts, caption="Checks by paper and outcome"
)

# %%
worst = table[table["severity"] == "impossible"][["study", "title"]]
run.table(worst, "impossible", caption="What cannot be")

# %%
needs = table[table["only_if"].map(len) > 0].set_index("id")["only_if"].str.join("; or ")
run.table(needs.to_frame("the numbers can be true only if"), "only_if", caption="What hangs on a reading")

# %%
said = pd.Series(audit.verdicts(findings)).value_counts()
run.say(
    f"For the ledger: **{said['contradicted']}** published numbers stand in sets that cannot hold together (it calls "
    "them *contradicted*; one wrong number in a set is enough), and "
    f"**{said['recomputed']}** are *recomputed*: they follow from others, and agree."
)

# %% [markdown]
# ## How far to trust the checks
#
# A check that cries wolf is worse than none. A benchmark draws 10,000 true tables, folds, groups and sentences,
# prints them under readings drawn at random, and no check may call any of them impossible. Then it plants one
# wrong digit in each: more than half are called impossible, and a quarter *only if*. From MAE and RMSE one in
# seven is noticed, from a count and its percentage nearly all. A table that passes is not proven right.
#
# ## Your own abstract
#
# Put in the abstract of a paper that you are reading. Test statistics, confidence intervals and counts with
# percentages are found in it and recomputed.

# %%
abstract = """
Forty-two of 79 newborns (53.2%) had a lesion. They were younger, t(77) = 2.51, p = .014, and boys more often,
chi2(1) = 3.02, p = .04. Early treatment halved the risk (odds ratio 0.48, 95% CI 0.21 to 1.10, p = .02).
"""
proposal, number = audit.proposal(abstract)
print(proposal)
for finding in audit.audit_yaml(proposal):
    print(f"[{finding.severity}] {finding.title}\n    ", "\n     ".join(finding.arithmetic))

# %% [markdown]
# Two of the four do not hold as they stand: one p needs a one-sided test, which a chi-square with one degree of
# freedom can be, and the interval goes past 1 while its p is below .05. Ask the paper which it was.
#
# ## Your own table
#
# Tables go into the same kind of file (`neolab audit --new my_paper.yaml` writes one with comments, and
# `neolab audit my_paper.yaml` reads it). This is GloResNet's "best fold", in the largest fold there can be.

# %%
mine = """
title: the best fold of GloResNet
tables:
  - name: Table 2
    positives: 11
    negatives: 15
    cells:
      best: {sensitivity: "0.81", specificity: "0.87", accuracy: "81.82%"}
statements:
  - "The best fold reached an accuracy of 81.82%."
"""
for finding in audit.audit_yaml(mine):
    print(f"[{finding.severity}] {finding.title}\n    ", "\n     ".join(finding.arithmetic))

# %% [markdown]
# One number alone is enough: of 11 infants with injury, 9 are 0.82 and 8 are 0.73, and 81.82 % is no whole
# number of 26. Change the group sizes: with how many infants could it be?

# %%
run.limitation(
    "The audit judges printed numbers against each other; it cannot see errors that leave them consistent."
)
run.finish()
