"""Profiles, parameters, runs, the report and the command line."""
