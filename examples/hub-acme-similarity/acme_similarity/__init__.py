"""Images as vectors, and how similar two images are, for hubcore."""
