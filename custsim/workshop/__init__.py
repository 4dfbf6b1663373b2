"""A lesson served to a room: one process, one address, a join word."""
