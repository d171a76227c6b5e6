"""Golden questions, fair judges and the runner behind ``make eval``. Nothing of the house imports it."""
