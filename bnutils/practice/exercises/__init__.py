"""Exercises whose wrong answers are programs: what gives the same numbers names the mistake."""
