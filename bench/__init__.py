"""Measurements on the embedded default: a turn, a start, memory. Imports the house; nothing of the house imports it."""
