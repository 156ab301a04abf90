"""Signed messages: envelopes and proofs, how they are checked, blocks and chains of them."""
