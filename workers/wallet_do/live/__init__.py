"""Live play: the sockets of one player at their wallet."""
