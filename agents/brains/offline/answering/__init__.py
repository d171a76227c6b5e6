"""Answers from passages with the passages' own words, or says that they do not answer."""
