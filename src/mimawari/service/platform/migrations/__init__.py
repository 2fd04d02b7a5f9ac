"""Tables of role processes and leases."""
