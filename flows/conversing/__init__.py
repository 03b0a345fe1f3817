"""How a conversation is run: what a process holds open, a turn, sending, waiting; the flows above say in which order."""
