"""How a sweep is planned and carried out."""
