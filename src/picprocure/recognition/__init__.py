"""Faces, references, clusters and matches in the database."""
