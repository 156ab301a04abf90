"""Hashes, signatures, and what stands at the boundary with the outside."""
