"""Three tasks for hubcore: several labels at once, pictures of twice the size, and depth."""
