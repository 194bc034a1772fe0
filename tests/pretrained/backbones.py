"""Image backbones of timm, small enough to train in a test."""

import timm
import torch
from timm.models import save_for_hf

# The eight families, each by a small member, and a size that it reads.
FAMILIES = {
    "vgg11": 32,
    "resnet10t": 32,
    "tf_efficientnetv2_b0": 32,
    "convnextv2_atto": 32,
    "swin_tiny_patch4_window7_224": 32,
    "maxvit_pico_rw_256": 64,
    "coatnet_pico_rw_224": 32,
    "gcvit_xxtiny": 32,
}
SMALL = "resnet10t"


def make(folder, seed=0):
    """Save a small random backbone as timm does; return the folder's name."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = timm.create_model(SMALL, num_classes=5)
    save_for_hf(model, str(folder), safe_serialization=True)
    return str(folder)
