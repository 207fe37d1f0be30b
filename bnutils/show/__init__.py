"""Figures, tables and interactive figures."""
