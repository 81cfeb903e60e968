"""Who may see what, and what they may take with them."""
