"""The documents of the demo company: sources, renderer and manifest."""
