"""Comparing other clients with this one: a message protocol, test vectors, and their runner."""
