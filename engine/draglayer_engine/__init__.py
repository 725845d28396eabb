"""StyleGAN2 generators and point-based dragging. Knows torch and numpy; knows no network and no editor."""
