"""How fast it is, each figure beside its budget: `make bench`. Figures belong here, never into a test."""
