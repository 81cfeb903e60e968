"""Where bytes live: keys, files, and the ledger of what must go."""
