"""Adult brains with cerebral microbleeds: gradient-echo magnitude and phase, SWI and QSM."""
