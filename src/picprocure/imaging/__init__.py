"""Reading pictures: kinds by content, header checks, cleaning, decoding in child processes.

Knows nothing of faces, Django or the product.
"""
