"""Users and their consent."""
