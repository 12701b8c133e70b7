"""What the catalogues of the built-in families are made of, and how they are checked."""
