"""Names of results: small letters, digits and underscores, with dots between the words."""

import re
import unicodedata
from collections.abc import Iterable
from itertools import count


def metric_names(names: Iterable[object]) -> list[str]:
    """Return a name that a metric may have for each of several texts, no two alike.

    Small letters, digits and dots stay; everything else becomes an underscore, and accents go.

    >>> metric_names(["oxvasc", "Site A", "site-a", "Köln"])
    ['oxvasc', 'site_a', 'site_a_2', 'koln']
    """
    found: list[str] = []
    for name in names:
        plain = unicodedata.normalize("NFKD", str(name)).encode("ascii", "ignore").decode().lower()
        plain = re.sub(r"[^a-z0-9_.]+", "_", plain)
        plain = ".".join(part for part in plain.split(".") if part) or "_"
        numbered = (plain if number == 1 else f"{plain}_{number}" for number in count(1))
        found.append(next(name for name in numbered if name not in found))
    return found
