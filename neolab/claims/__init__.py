"""What papers report, and what the runs make of it."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach(
    __name__,
    submod_attrs={
        "ledger": ["make_ledger"],
        "load": ["load_paper", "load_papers", "load_study"],
        "schema": ["Claim", "Paper"],
        "verdicts": ["Verdict", "judge"],
    },
)
