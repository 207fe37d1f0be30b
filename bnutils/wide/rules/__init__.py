"""How layers are stacked, one module for each way."""
