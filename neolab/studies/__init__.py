"""One folder a study; see `neolab.catalogue`."""
