"""One module per study: its networks and how they are fitted."""
