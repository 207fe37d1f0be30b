"""Intervals, verdicts and claims: what runs show, and how surely."""
