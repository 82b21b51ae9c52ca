"""Focus, the "OS" focus timer: sessions of concentrated work raise a hero, rooms and a wardrobe."""
