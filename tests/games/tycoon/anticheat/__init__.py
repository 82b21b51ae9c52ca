"""Anti-cheat: what is planted is found, and who plays honestly is left alone."""
