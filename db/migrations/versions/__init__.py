"""Frozen: what is here never changes once released, and never imports the live models."""
