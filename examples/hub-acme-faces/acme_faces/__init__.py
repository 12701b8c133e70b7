"""MTCNN for hubcore: faces with five landmarks, with the weights of facenet-pytorch."""
