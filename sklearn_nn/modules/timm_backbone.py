"""A backbone of timm that reads pixels."""

import torch
from torch import Tensor, nn

from sklearn_nn._pretrained.places import Name
from sklearn_nn._pretrained.timm_hub import load_backbone, spec_of


class TimmBackbone(nn.Module):
    """One vector for an image, out of a backbone of timm.

    Parameters
    ----------
    model_name : str or path-like
        A name in timm, a name on the hub, or a folder.
    revision : str or None
        Branch, tag or commit on the hub.
    pretrained : bool
        Whether its weights are loaded; else they are drawn from torch's generator.
    image_size : int or None
        Side of the images; None is the backbone's own.
    checkpointing : bool
        Whether activations are computed again on the way back instead of being kept.

    References
    ----------
    Wightman (2019). PyTorch image models. doi:10.5281/zenodo.4414861
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        model_name: Name,
        revision: str | None = None,
        pretrained: bool = True,
        image_size: int | None = None,
        checkpointing: bool = False,
    ):
        super().__init__()
        spec = spec_of(model_name, revision, pretrained, image_size)
        model = load_backbone(model_name, revision, pretrained, image_size)
        # Convolutions are fastest where the colours of a pixel lie side by side.
        self.model = model.to(memory_format=torch.channels_last)
        self.n_features = spec.width
        for name, share in (("mean", spec.mean), ("std", spec.std)):
            of_pixels = torch.tensor(share).view(3, 1, 1) * 255
            self.register_buffer(name, of_pixels)
        if checkpointing:
            try:
                self.model.set_grad_checkpointing(True)
            except AssertionError as error:
                raise ValueError(
                    f"gradient_checkpointing=True: model_name={str(model_name)!r} "
                    "cannot do that. Set it to False."
                ) from error

    def forward(self, x: Tensor) -> Tensor:
        """Map pixels from 0 to 255, (n, 3, height, width), to (n, n_features)."""
        pixels = (x.to(self.mean.dtype) - self.mean) / self.std
        return self.model(pixels.contiguous(memory_format=torch.channels_last))

    def depths(self) -> dict[str, int]:
        """Return the layer of each parameter, counted from the input.

        All are of one layer if timm does not know the layers of the backbone.
        """
        from timm.models import group_parameters

        names = [name for name, _ in self.model.named_parameters()]
        layers = dict.fromkeys(names, 0)
        if hasattr(self.model, "group_matcher"):
            matcher = self.model.group_matcher(coarse=False)
            layers = group_parameters(self.model, matcher, reverse=True)
        return {f"model.{name}": layer for name, layer in layers.items()}
