"""The games. They never see each other."""
