"""Acts become one message: reviewed sentences, a model's words, and the check on both."""
