"""Parameters of the lesson ``audit``, which needs no images."""

from neolab.run.parameters import Parameters


class AuditParameters(Parameters):
    """The audit of published numbers: nothing beyond what every run has."""
