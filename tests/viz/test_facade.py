"""Everything that the room hands on is there, and nothing heavy comes with the room itself."""

import subprocess
import sys

from neolab import viz


def test_every_name_that_the_room_hands_on_exists():
    assert len(viz.__all__) > 20
    assert all(getattr(viz, name) is not None for name in viz.__all__)


def test_the_room_opens_without_matplotlib():
    code = "import sys; from neolab import viz; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
