"""What a designer declares: protocols, settings, worlds, and whom a draw looks at."""
