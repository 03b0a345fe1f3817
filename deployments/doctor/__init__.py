"""Checks the configuration it finds against the world: `python -m deployments.doctor`, `make doctor`."""
