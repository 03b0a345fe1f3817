"""The protocol of a conversation as a model: any order of what people, processes and vendors do, over the real SQL functions.

`python -m tests.protocol --examples 5000 --seed 7` looks for long; `make test` looks for a moment.
"""
