"""Protocols of other chains, and of designers' trials, each as a fork with its own question."""
