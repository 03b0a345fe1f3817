"""The whole stack on one machine with one command, for developers, the demo, tests and benchmarks."""
