"""Two tasks for hubcore: several labels at once, and pictures of twice the size."""
