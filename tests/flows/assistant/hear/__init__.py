"""What leads say, and what it means."""
