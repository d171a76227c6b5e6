"""Words for the rows that answer a question."""
