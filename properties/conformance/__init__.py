"""Holding other clients to this machine: a protocol of messages, vectors, and what runs them."""
