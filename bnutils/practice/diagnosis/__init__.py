"""A whole layer, measured: what it computes, and which mistakes that betrays."""
