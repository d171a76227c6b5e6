"""Understanding language, with and without a model: one protocol, interchangeable implementations."""
