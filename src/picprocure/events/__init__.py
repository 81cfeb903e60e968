"""Events, their hosts, and registrations for them."""
