"""Things break while simulated leads talk: on the local stack (`make chaos`), and in containers (docs/docker.md)."""
