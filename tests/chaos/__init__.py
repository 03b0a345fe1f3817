"""Containers are killed and replaced while simulated leads talk: `python -m tests.chaos` (docs/docker.md)."""
