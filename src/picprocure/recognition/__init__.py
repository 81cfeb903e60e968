"""Faces, references, collisions and matches in the database, and the sorting of events."""
