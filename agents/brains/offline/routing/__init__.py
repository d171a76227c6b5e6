"""Takes a message apart into what it asks, and says what each part wants."""
