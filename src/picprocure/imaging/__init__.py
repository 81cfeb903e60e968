"""Reading pictures: kinds by content, limits from headers, cleaning, decoding in other processes.

Knows nothing of faces, Django or the product.
"""
