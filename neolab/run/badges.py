"""Launch badges in the README, for the repository that its owner names: ``make badges REPO=owner/name``.

Addresses of a repository that does not exist would lead nowhere, so the README has none until then.
"""

import re
import sys
from pathlib import Path

from neolab.errors import InputError
from neolab.run.files import write_text
from neolab.run.pairing import sources
from neolab.run.paths import repository_folder

START, END = "<!-- badges -->", "<!-- /badges -->"
_BINDER = "https://mybinder.org/v2/gh/{repository}/HEAD?urlpath=lab/tree/notebooks/{notebook}"
_COLAB = "https://colab.research.google.com/github/{repository}/blob/HEAD/notebooks/{notebook}"


def badges(repository: str, notebooks: list[str]) -> str:
    """Return Markdown with a Binder and a Colab badge for each notebook.

    Parameters
    ----------
    repository : str
        ``owner/name`` on GitHub.
    notebooks : list of str
        File names of ``.ipynb`` files.

    Raises
    ------
    InputError
        If the name is not of that form.
    """
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", repository):
        raise InputError(f"REPO: found {repository!r}, expected owner/name")
    rows = ["| notebook | launch |", "|---|---|"]
    for notebook in notebooks:
        binder = _BINDER.format(repository=repository, notebook=notebook)
        colab = _COLAB.format(repository=repository, notebook=notebook)
        links = (
            f"[![Binder](https://mybinder.org/badge_logo.svg)]({binder}) "
            f"[![Colab](https://colab.research.google.com/assets/colab-badge.svg)]({colab})"
        )
        rows.append(f"| {notebook.removesuffix('.ipynb')} | {links} |")
    return "\n".join(rows)


def put_between_marks(text: str, content: str) -> str:
    """Return ``text`` with ``content`` between the marks, in place of what is there."""
    before, start, rest = text.partition(START)
    _, end, after = rest.partition(END)
    if not start or not end:
        raise InputError(f"README.md: found no pair of marks {START} {END}, expected one")
    return f"{before}{START}\n{content}\n{END}{after}"


def main(repository: str, readme: Path | None = None) -> None:
    """Write the badges into the README."""
    readme = readme or repository_folder() / "README.md"
    names = [path.with_suffix(".ipynb").name for path in sources()]
    write_text(readme, put_between_marks(readme.read_text(encoding="utf-8"), badges(repository, names)))
    print(f"{readme.name}: badges for {repository}")


if __name__ == "__main__":
    try:
        main(sys.argv[1] if len(sys.argv) > 1 else "")
    except InputError as error:
        print(f"neolab: {error}", file=sys.stderr)
        sys.exit(2)
