"""What may be said about the product: reviewed answers, and which of them a question asks for."""
