"""The service: what runs for an installation, a room for each step of a listing's journey."""
