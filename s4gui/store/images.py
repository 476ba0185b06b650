"""Images as everybody sees them: one reader that honours orientation, depth and colour model."""

from __future__ import annotations

import struct
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError
from PIL.TiffImagePlugin import TiffImageFile

from s4gui.core.errors import ImageError

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp"})
MAX_PIXELS = 200_000_000
"""Above this an image is refused: decoding it would take the memory of the whole program."""

RgbPixels = NDArray[np.uint8]
_ORIENTATION_TAG = 0x0112
_TURNED = frozenset({5, 6, 7, 8})


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What the header says: size as shown (orientation applied) and Pillow's mode."""

    height: int
    width: int
    mode: str


def read_facts(path: Path) -> ImageFacts:
    """Size and mode from the header alone; ImageError if it is no readable image."""
    with _opened(path) as image:
        width, height = image.size
        if isinstance(image, TiffImageFile):
            # Newer Pillows turn the size of a TIFF when they open it, older ones later.
            width, height = int(image.tag_v2[256]), int(image.tag_v2[257])
        if _may_be_turned(image, path) and image.getexif().get(_ORIENTATION_TAG) in _TURNED:
            width, height = height, width
        return ImageFacts(height, width, image.mode)


def read_pixels(path: Path) -> RgbPixels:
    """The image as shown: (H, W, 3) uint8, orientation applied.

    16-bit and float images are stretched from their 0.5 to their 99.5 percentile; palettes,
    grey and CMYK are converted; transparent parts lie on black. ImageError says why not.
    """
    with _opened(path) as image:
        try:
            image.load()
            turned = ImageOps.exif_transpose(image)
        except (OSError, SyntaxError, ValueError, MemoryError) as error:
            raise _broken(path, error) from error
        return _rgb(turned)


def read_scaled(path: Path, long_side_px: int) -> RgbPixels:
    """A small copy for lists, its longer side at most `long_side_px`: (h, w, 3) uint8."""
    with _opened(path) as image:
        try:
            image.draft("RGB", (2 * long_side_px, 2 * long_side_px))
            image.load()
            turned = ImageOps.exif_transpose(image)
        except (OSError, SyntaxError, ValueError, MemoryError) as error:
            raise _broken(path, error) from error
        small = Image.fromarray(_rgb(turned))
        small.thumbnail((long_side_px, long_side_px), Image.Resampling.BILINEAR)
        return np.asarray(small)


def _may_be_turned(image: Image.Image, path: Path) -> bool:
    """Whether it is worth to ask for the orientation: for PNG that decodes the whole image.

    The chunk that holds it may come after the pixels, so walk the chunks, which is cheap.
    """
    if image.format != "PNG":
        return True
    with path.open("rb") as file:
        file.seek(8)
        while len(head := file.read(8)) == 8:
            length, kind = struct.unpack(">I4s", head)
            if kind in {b"eXIf", b"zXIf"}:
                return True
            if kind in {b"iTXt", b"tEXt", b"zTXt"}:
                text = file.read(min(length, 40))
                if text.startswith((b"XML:com.adobe.xmp", b"Raw profile type")):
                    return True
                length -= len(text)
            file.seek(length + 4, 1)
    return False


def _opened(path: Path) -> Image.Image:
    try:
        with warnings.catch_warnings():
            # Pillow warns of large images; the limit here is our own.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(path)
    except Image.DecompressionBombError as error:
        raise _too_large(path) from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise _broken(path, error) from error
    if image.size[0] * image.size[1] > MAX_PIXELS:
        image.close()
        raise _too_large(path)
    return image


def _rgb(image: Image.Image) -> RgbPixels:
    if image.mode.startswith(("I", "F")):
        return _stretched(np.asarray(image))
    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        rgba = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", rgba.size, (0, 0, 0, 255)), rgba)
    return np.ascontiguousarray(np.asarray(image.convert("RGB")))


def _stretched(values: NDArray[np.generic]) -> RgbPixels:
    """Deep grey values made visible: 0.5 and 99.5 percentile to black and white."""
    deep = np.nan_to_num(values.astype(np.float32))
    low, high = np.percentile(deep[:: max(1, deep.shape[0] // 512)], (0.5, 99.5))
    if high <= low:
        low, high = float(deep.min()), float(max(deep.max(), deep.min() + 1))
    grey = (np.clip((deep - low) / (high - low), 0, 1) * 255 + 0.5).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


def _broken(path: Path, error: BaseException) -> ImageError:
    return ImageError(
        "image.unreadable",
        "{name} cannot be read: {reason}",
        hint="Replace the file; the other images are not touched",
        name=path.name,
        reason=str(error) or type(error).__name__,
    )


def _too_large(path: Path) -> ImageError:
    return ImageError(
        "image.too_large",
        "{name} has more than {limit} million pixels",
        hint="Cut it into tiles first",
        name=path.name,
        limit=MAX_PIXELS // 1_000_000,
    )
