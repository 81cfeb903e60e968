"""From a face in a picture to an embedding."""
