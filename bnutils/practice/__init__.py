"""Practice: exercises whose mistakes are named, and layers that are measured."""
