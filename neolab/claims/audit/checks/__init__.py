"""The checks that audit files can name, each turning printed numbers into a finding."""
