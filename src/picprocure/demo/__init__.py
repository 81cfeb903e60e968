"""A demo event with real photos that have free licenses."""
