"""Sundaresan 2023: cerebral microbleeds in three steps: detect candidates, discriminate, clean up."""
