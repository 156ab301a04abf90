"""Choices weighed: a grid of parameters with a price in each cell, two protocols side by side."""
