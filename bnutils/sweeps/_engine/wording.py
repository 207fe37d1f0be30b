"""Recipes in words: what they are, and in what several differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bnutils.training.recipe import Recipe


def varying(recipes: list[Recipe]) -> list[str]:
    """The fields in which the recipes differ."""
    rows = [vars(recipe) for recipe in recipes]
    return [name for name in rows[0] if len({row[name] for row in rows}) > 1]


def choices(recipes: list[Recipe]) -> list[dict[str, Any]]:
    """Each recipe with only the fields in which they differ, with all where there is but one."""
    rows = [vars(recipe) for recipe in recipes]
    names = varying(recipes) or list(rows[0])
    return [{name: row[name] for name in names} for row in rows]


def words(values: Mapping[str, Any]) -> str:
    """Names and values as they are given."""
    return ", ".join(f"{name}={value}" for name, value in values.items())
