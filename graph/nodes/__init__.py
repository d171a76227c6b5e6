"""The nodes of the supervisor graph, one idea per file. Each takes the state and returns what it changes."""
