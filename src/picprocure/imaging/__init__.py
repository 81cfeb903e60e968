"""Reading pictures: kinds by content, limits from headers, decoding."""
