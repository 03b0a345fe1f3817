"""What is so in Brazil, whoever asks: money, phone numbers, how its people spell."""
