"""Pretrained encoders: where they come from, what they read and what they give."""
