"""Live operations, over toy worlds."""
