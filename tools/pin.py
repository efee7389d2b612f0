"""Print constraints.txt: the installed version of everything that neolab and its extras need, in turn.

Run it in the environment whose tests have passed: ``make constraints``.
"""

import re
from importlib.metadata import PackageNotFoundError, distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

EXTRAS = ("viewer", "cluster", "weights", "test")


def needed(name: str, extras: tuple[str, ...] = (), found: dict[str, str] | None = None) -> dict[str, str]:
    """Return package -> installed version for everything that is installed below ``name``."""
    found = {} if found is None else found
    try:
        package = distribution(name)
    except PackageNotFoundError:
        return found
    for text in package.requires or []:
        requirement = Requirement(text)
        if not _applies(requirement, extras):
            continue
        key = canonicalize_name(requirement.name)
        # A package that is asked for again with another extra is walked again for that extra.
        mark = f"{key}[{','.join(sorted(requirement.extras))}]"
        if mark in found:
            continue
        try:
            found[mark] = found[key] = distribution(key).version
        except PackageNotFoundError:
            continue
        needed(key, tuple(requirement.extras), found)
    return found


def _applies(requirement: Requirement, extras: tuple[str, ...]) -> bool:
    marker = requirement.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras))


def main() -> None:
    """Print one line a package, without the local part of a version (``+cpu``)."""
    print("# The versions with which the tests have passed; written by `make constraints`.")
    versions = {name: version for name, version in needed("neolab", EXTRAS).items() if "[" not in name}
    for name in sorted(versions):
        print(f"{name}=={re.sub(r'[+].*', '', versions[name])}")


if __name__ == "__main__":
    main()
