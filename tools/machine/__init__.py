"""What a checkout needs from its machine before `make` can run anything in it."""
