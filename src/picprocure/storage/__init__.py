"""Storage of objects and rows: keys, stores, pending deletions, claims, and sealed values."""
