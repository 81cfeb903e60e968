"""Embedders of faces with one protocol, and the choice among them."""

from picprocure.faces.embedding.embedder import Chips, Embedder
from picprocure.faces.embedding.registry import EMBEDDERS

__all__ = ["EMBEDDERS", "Chips", "Embedder"]
