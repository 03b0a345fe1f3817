"""Guards, each removed in turn: does any test notice? `python -m tests.mutants`; what is removed stands in guards.toml."""
