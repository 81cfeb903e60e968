"""Checks of the photos and frames that a person enrolls with."""
