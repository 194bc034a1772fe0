"""Pictures of products: a shape, a colour, a texture and a background, with noise."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from sklearn_nn.datasets._product_words import CATEGORIES

_CHUNK_PIXELS = 1 << 19
_P_WRONG = 0.08  # the picture shows something else
_P_GREY = 0.15  # black and white
_P_HUE = 0.25  # any colour instead of the usual one


class _Look(NamedTuple):
    """What the pictures of some categories have in common. Hue: 0 to 1."""

    shape: str
    texture: str
    hue: float
    background: tuple[int, int, int]
    categories: tuple[str, ...]


_WHITE, _ROOM, _LAWN, _WOOD = (
    (245, 245, 245),
    (205, 195, 185),
    (95, 155, 75),
    (150, 110, 70),
)

# Categories of one look differ in their words only.
_LOOKS = (
    _Look("legs", "stripes", 0.08, _ROOM, ("furniture",)),
    _Look("legs", "stripes", 0.10, _LAWN, ("garden furniture",)),
    _Look("ellipse", "waves", 0.55, _LAWN, ("swimming pools",)),
    _Look("cross", "plain", 0.35, _LAWN, ("garden tools", "outdoor games")),
    _Look("rectangle", "plain", 0.60, _WHITE, ("new books",)),
    _Look("stack", "stripes", 0.08, _WOOD, ("second-hand books",)),
    _Look("rectangle", "grid", 0.00, _WHITE, ("magazines", "comics")),
    _Look("rectangle", "gradient", 0.35, _WHITE, ("video games", "PC downloads")),
    _Look("rectangle", "stripes", 0.65, _WOOD, ("retro games",)),
    _Look("handles", "plain", 0.70, _WHITE, ("consoles", "game accessories")),
    _Look("star", "gradient", 0.05, _WHITE, ("figurines",)),
    _Look("rectangle", "dots", 0.13, _ROOM, ("trading cards",)),
    _Look("cross", "gradient", 0.60, _ROOM, ("radio-controlled models",)),
    _Look("stack", "dots", 0.95, _WHITE, ("board games", "toys")),
    _Look("ring", "plain", 0.92, _WHITE, ("baby care", "pet supplies")),
    _Look("ellipse", "dots", 0.85, _ROOM, ("bedding", "children's clothing")),
    _Look("triangle", "waves", 0.12, _ROOM, ("decoration",)),
    _Look("ring", "gradient", 0.02, _ROOM, ("kitchenware", "fine food")),
    _Look("stack", "plain", 0.55, _WHITE, ("stationery",)),
)
_LOOK_OF = {name: i for i, look in enumerate(_LOOKS) for name in look.categories}
_LOOK = np.array([_LOOK_OF[category.name] for category in CATEGORIES])

_SHAPES: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "rectangle": lambda u, v: np.maximum(abs(u) * 1.4, abs(v)) < 1,
    "ellipse": lambda u, v: u**2 + 2 * v**2 < 1,
    "ring": lambda u, v: abs(u**2 + v**2 - 0.6) < 0.4,
    "cross": lambda u, v: (
        np.minimum(abs(u), abs(v)) * 4 + np.maximum(abs(u), abs(v)) < 1.3
    ),
    "triangle": lambda u, v: (v < 1) & (v > 2 * abs(u) - 1),
    "legs": lambda u, v: (
        ((abs(v + 0.3) < 0.25) & (abs(u) < 1))
        | ((abs(abs(u) - 0.8) < 0.15) & (v > -0.3) & (v < 1))
    ),
    "stack": lambda u, v: (abs(u) < 1) & (abs(v) < 1) & ((v * 2) % 1 > 0.25),
    "handles": lambda u, v: (
        ((abs(u) - 0.6) ** 2 + v**2 < 0.15) | ((abs(u) < 0.6) & (abs(v) < 0.25))
    ),
    "star": lambda u, v: np.hypot(u, v) < 0.7 + 0.3 * np.cos(5 * np.arctan2(u, v)),
}
_TEXTURES: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "plain": lambda u, v: np.ones_like(u),
    "stripes": lambda u, v: 0.8 + 0.2 * np.sin(14 * v),
    "dots": lambda u, v: 0.75 + 0.25 * np.sin(11 * u) * np.sin(11 * v),
    "grid": lambda u, v: np.where(
        np.maximum(np.sin(9 * u), np.sin(9 * v)) > 0.8, 0.4, 1
    ),
    "gradient": lambda u, v: 0.75 + 0.25 * np.clip(u + v, -1, 1),
    "waves": lambda u, v: 0.8 + 0.2 * np.sin(8 * v + 3 * np.sin(4 * u)),
}


def draw_images(
    rng: np.random.RandomState, category: np.ndarray, size: int
) -> np.ndarray:
    """Draw one picture per row.

    Parameters
    ----------
    rng : RandomState
        Source of all choices.

    category : ndarray of shape (n_samples,)
        Positions in `CATEGORIES`.

    size : int
        Height and width in pixels.

    Returns
    -------
    images : ndarray of shape (n_samples, size, size, 3), dtype uint8
        Red, green and blue, 0 to 255.
    """
    n = len(category)
    look = _LOOK[category]
    wrong = rng.uniform(size=n) < _P_WRONG
    look[wrong] = rng.randint(len(_LOOKS), size=wrong.sum())
    images = np.empty((n, size, size, 3), dtype=np.uint8)
    n_chunk = max(1, _CHUNK_PIXELS // size**2)
    for i, spec in enumerate(_LOOKS):
        rows = np.flatnonzero(look == i)
        for start in range(0, len(rows), n_chunk):
            chunk = rows[start : start + n_chunk]
            images[chunk] = _draw_look(rng, spec, len(chunk), size)
    return images


def _draw_look(
    rng: np.random.RandomState, look: _Look, n: int, size: int
) -> np.ndarray:
    def uniform(low: float, high: float) -> np.ndarray:
        return rng.uniform(low, high, size=(n, 1, 1)).astype(np.float32)

    line = np.linspace(-1, 1, size, dtype=np.float32)
    x = line[None, None, :] - uniform(-0.3, 0.3)
    y = line[None, :, None] - uniform(-0.3, 0.3)
    angle, scale, stretch = uniform(-0.5, 0.5), uniform(0.4, 0.9), uniform(0.75, 1.3)
    u = (x * np.cos(angle) + y * np.sin(angle)) / scale
    v = (y * np.cos(angle) - x * np.sin(angle)) / (scale * stretch)

    hue = np.where(
        rng.uniform(size=n) < _P_HUE,
        rng.uniform(size=n),
        look.hue + rng.normal(scale=0.05, size=n),
    )
    colour = 255 * _rgb(hue, rng.uniform(0.4, 1, size=n), rng.uniform(0.4, 1, size=n))
    grounds = np.array(look.background, dtype=np.float32) + rng.normal(
        scale=20, size=(n, 3)
    )
    grey = rng.uniform(size=n) < _P_GREY
    colour[grey] = colour[grey].mean(axis=1, keepdims=True)
    mask = _SHAPES[look.shape](u, v)[..., None]
    texture = _TEXTURES[look.texture](u, v)[..., None]
    pixels = np.where(
        mask,
        texture * colour[:, None, None, :].astype(np.float32),
        grounds[:, None, None, :].astype(np.float32),
    )
    pixels *= uniform(0.7, 1.1)[..., None]
    pixels += rng.randint(-24, 25, size=pixels.shape, dtype=np.int8)
    return np.clip(pixels, 0, 255).astype(np.uint8)


def _rgb(hue: np.ndarray, saturation: np.ndarray, value: np.ndarray) -> np.ndarray:
    """Colours of shape (n, 3), 0 to 1; hue turns around the colour wheel once."""
    turn = (hue[:, None] * 6 + np.array([5.0, 3.0, 1.0])) % 6
    depth = np.clip(np.minimum(turn, 4 - turn), 0, 1)
    return value[:, None] * (1 - saturation[:, None] * depth)
