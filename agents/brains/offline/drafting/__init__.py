"""Turns a request to write into a draft to be confirmed, or asks for what is missing."""
