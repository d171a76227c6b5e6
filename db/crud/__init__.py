"""Statements of the application's own login, by family. Must never import tools, agents or graph."""
