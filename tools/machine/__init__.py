"""Prepare a machine, so that `make` can run in a checkout."""
