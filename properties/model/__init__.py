"""What a designer declares: protocols, settings and worlds; and the context for drawing."""
