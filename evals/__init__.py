"""Golden questions, fair judges and the runner behind ``make eval``. Imports the house; nothing of the house imports it."""
