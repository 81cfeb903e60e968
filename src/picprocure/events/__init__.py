"""Events and who registered for them."""
