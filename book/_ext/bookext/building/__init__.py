"""How a build begins and ends: its surroundings, and its errors."""
