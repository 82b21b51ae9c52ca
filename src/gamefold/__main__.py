"""`python -m gamefold`."""

from gamefold.cli import main

main()
