"""How fast it is (design.md section 9): `make bench`. Figures belong here, never into a test."""
