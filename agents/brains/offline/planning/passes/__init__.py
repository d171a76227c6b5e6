"""Passes of an interpretation: each reads the state, explains some mentions and drafts a piece of the query."""
