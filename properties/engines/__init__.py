"""Engines: what looks for a way to break a law."""
