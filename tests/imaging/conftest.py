from faces.conftest import labeled_photos

__all__ = ["labeled_photos"]
