"""Published numbers, verdicts on them, and consistency checks between them."""
