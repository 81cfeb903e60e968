"""Compute embeddings of faces in pictures."""
