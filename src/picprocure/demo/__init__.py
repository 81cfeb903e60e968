"""A demo event of real photos, whose licenses allow it."""
