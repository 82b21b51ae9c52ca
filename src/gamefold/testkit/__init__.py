"""For people who write a game: a virtual clock, worlds without a server, conformance, golden journals, a bad disk."""
