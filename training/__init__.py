"""Training of the bundled generator."""
