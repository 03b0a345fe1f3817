"""The flows of Serena Qualifier and what they are made of."""
