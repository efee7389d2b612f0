"""Launch badges point at the repository that was named, and nowhere before that."""

import pytest

from neolab.errors import InputError
from neolab.run.badges import END, START, badges, main


def test_badges_of_every_notebook_replace_those_that_were_there(repository):
    readme = repository / "README.md"
    readme.write_text(f"# Title\n{START}\n{END}\nrest\n")
    main("first/name", readme)
    main("owner/name", readme)
    text = readme.read_text()
    assert text.startswith("# Title\n")
    assert text.endswith("rest\n")
    assert "first/name" not in text
    for notebook in ("01_wu2021_bilirubin", "03_wada2019_myelination"):
        assert f"mybinder.org/v2/gh/owner/name/HEAD?urlpath=lab/tree/notebooks/{notebook}.ipynb" in text
        assert f"colab.research.google.com/github/owner/name/blob/HEAD/notebooks/{notebook}.ipynb" in text


@pytest.mark.parametrize("name", ["", "owner", "owner/name/more", "https://host/owner/name", "a b/c"])
def test_a_name_that_is_no_repository_is_refused(name):
    with pytest.raises(InputError, match="expected owner/name"):
        badges(name, [])


def test_a_readme_without_marks_is_refused_and_left_as_it_is(repository):
    readme = repository / "README.md"
    readme.write_text("# Title\n")
    with pytest.raises(InputError, match="marks"):
        main("owner/name", readme)
    assert readme.read_text() == "# Title\n"
