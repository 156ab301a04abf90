"""Engines: ways of looking for a law that breaks."""
