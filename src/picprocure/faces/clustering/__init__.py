"""Group the faces of an event into clusters, without looking at any reference."""
