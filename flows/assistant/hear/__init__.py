"""Messages become meanings: by rules alone, or by a model that sees what the rules guessed."""
