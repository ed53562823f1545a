"""Recipes, queue, runner, effects, recovery."""
