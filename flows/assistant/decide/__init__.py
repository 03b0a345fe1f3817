"""Meanings become a decision: a pure machine over typed state that knows no language and does no I/O."""
