"""Parameters of the lesson ``start_here``."""

from neolab.run.parameters import Parameters


class StartHereParameters(Parameters):
    """The tour of the repository: nothing beyond what every run has."""
