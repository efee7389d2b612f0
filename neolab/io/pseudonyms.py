"""What stands for participants, sessions and files in everything that a run on scans of people writes."""

import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

# Shorter words and plain numbers stand in texts for other things too.
_SHORTEST_WORD = 6
_TEXT_FILES = (".csv", ".ipynb", ".json", ".txt")


@dataclass(frozen=True, repr=False)
class Pseudonyms:
    """The pseudonyms of one folder.

    Attributes
    ----------
    root : Path
        The folder.
    names : DataFrame
        One row per scan: ``participant_id``, ``session_id`` and what stands for them, ``pseudonym`` and
        ``visit``.
    files : dict of str to str
        Path that stands in a pseudonymised table -> path from the folder.
    label : str
        What stands for the folder.
    """

    root: Path
    names: pd.DataFrame
    files: dict[str, str]
    label: str

    @property
    def participants(self) -> dict[str, str]:
        """Identifier -> pseudonym."""
        return dict(zip(self.names["participant_id"], self.names["pseudonym"], strict=True))

    def hide(self, text: str) -> str:
        """Return ``text`` without the folder's path, its files' paths and the identifiers of its scans.

        This is the net below `pseudonymise`, for outputs that did not come from its table. Identifiers that
        are plain numbers or short are found where they follow ``sub-`` or ``ses-``, not elsewhere.
        """
        for given, real in self.files.items():
            text = text.replace(real, given)
        for root in sorted({str(self.root), str(self.root.resolve())}, key=len, reverse=True):
            text = text.replace(root, self.label)
        words = self._words()
        for word in sorted(
            (word for word in words if re.search(r"[^A-Za-z0-9]", word[4:])), key=len, reverse=True
        ):
            text = text.replace(word, words[word])  # a folder that is not BIDS
        return re.sub(r"(?:(?:sub|ses)-)?[A-Za-z0-9]+", lambda found: words.get(found[0], found[0]), text)

    def _words(self) -> dict[str, str]:
        people = self.participants
        visits = {f"ses-{session}": "ses-" for session in self.names["session_id"] if session}
        visits |= {
            f"ses-{visit}": f"ses-{visit}" for visit in self.names["visit"]
        }  # as it came from the table
        bare = {name: given for name, given in people.items() if _is_a_word_of_its_own(name)}
        bare |= {name: "" for name in self.names["session_id"] if _is_a_word_of_its_own(name)}
        return {f"sub-{name}": f"sub-{given}" for name, given in people.items()} | visits | bare

    def hide_in(self, folder: Path) -> None:
        """Hide what `hide` hides in every text file below a folder."""
        for path in sorted(folder.rglob("*")):
            if path.suffix in _TEXT_FILES and path.is_file():
                text = path.read_text(encoding="utf-8")
                path.write_text(self.hide(text), encoding="utf-8")


def _is_a_word_of_its_own(name: str) -> bool:
    return len(name) >= _SHORTEST_WORD and not name.isdigit()
