"""Facts in, a small checkpoint out: everything that makes the bundled model again."""
