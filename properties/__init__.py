"""How we know that a protocol is right: laws, and engines that try to break them."""
