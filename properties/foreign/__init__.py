"""Reading documents of other chains: typed access to their parts, and files of any length."""
