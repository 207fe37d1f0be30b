"""Submissions: run, checked in their own process, and written down."""
