"""What happens under the bridge: batches, device, seeds and the training loop."""
