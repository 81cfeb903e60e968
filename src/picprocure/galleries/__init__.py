"""Access: who may see what; ZIP downloads and published galleries."""
