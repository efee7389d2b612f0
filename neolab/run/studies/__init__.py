"""One module a study: its parameters and the values that each profile gives them."""
