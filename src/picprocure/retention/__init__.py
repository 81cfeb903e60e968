"""When things die."""
