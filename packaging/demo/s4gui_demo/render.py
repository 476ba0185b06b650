"""render: one street scene, picture and exact mask, from a seed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from s4gui_demo.mesh import SKY, VOID
from s4gui_demo.noise import Floats, Noise
from s4gui_demo.plan import Plan, make_plan
from s4gui_demo.raster import EMPTY, Buffer, View, draw
from s4gui_demo.shading import Shader
from s4gui_demo.sky import sky
from s4gui_demo.street import build

Picture = NDArray[np.uint8]
LARGE = 1_000_000


def render(
    seed: int, height: int, width: int, *, samples: int | None = None
) -> tuple[Picture, Picture]:
    """Picture (height, width, 3) uint8 and mask (height, width) uint8 of scene `seed`.

    Mask values are CamVid's ids 0 to 10, and 254 (void) for the own car and things without a
    class. The mask is the class seen at the centre of each pixel (with an even number of
    samples: a quarter of a pixel beside it); the picture is the mean of `samples` x `samples`
    samples a pixel (3, or 2 above a million pixels). Equal arguments give equal bytes; the
    scene does not depend on the size. Raises ValueError for a size below 16 x 16.
    """
    if height < 16 or width < 16:
        raise ValueError(f"a scene is at least 16 x 16 pixels, not {width} x {height}")
    fine = samples or (2 if height * width > LARGE else 3)
    rng = np.random.default_rng(seed)
    plan = make_plan(seed, rng)
    noise = Noise(np.random.default_rng((seed, 1)))
    mesh = build(plan, rng)
    view = _camera(plan, height * fine, width * fine)
    buffer = draw(mesh, view, noise.grain_tile)
    mask = _mask(buffer, np.array([look.cls for look in mesh.looks], np.uint8))
    shader = Shader(plan, mesh, noise, width * fine)
    picture = np.empty((height, width, 3), np.float32)
    rays = view.rays()
    rows = max(1, 300_000 // (width * fine)) * fine
    for first in range(0, height * fine, rows):
        part = slice(first, min(first + rows, height * fine))
        band = Buffer(buffer.nearness[part], buffer.polygon[part], buffer.over[part])
        light = shader.shade(band, rays[part])
        if plan.bonnet:
            _bonnet(light, mask[part], plan, noise, (first, height * fine))
        light = light.reshape(light.shape[0] // fine, fine, width, fine, 3).clip(0, 6)
        picture[first // fine : part.stop // fine] = light.mean(axis=(1, 3))
    finished = _develop(picture, plan, np.random.default_rng((seed, 2)))
    half = fine // 2
    return finished, np.ascontiguousarray(mask[half::fine, half::fine])


def _camera(plan: Plan, height: int, width: int) -> View:
    yaw, pitch = np.radians(plan.yaw), np.radians(plan.pitch)
    forward = np.array(
        (np.sin(yaw) * np.cos(pitch), np.sin(pitch), np.cos(yaw) * np.cos(pitch)), np.float64
    )
    right = np.array((np.cos(yaw), 0, -np.sin(yaw)), np.float64)
    down = np.cross(right, forward)
    down = down if down[1] < 0 else -down
    focal = 0.5 * width / np.tan(np.radians(plan.fov) / 2)
    turn = np.stack((right, down, forward))
    return View(plan.eye, turn, height, width, (width / 2, height / 2), float(focal))


def _mask(buffer: Buffer, classes: Picture) -> Picture:
    mask = np.where(buffer.polygon == EMPTY, np.uint8(SKY), classes[buffer.polygon])
    return np.where(buffer.over >= 0, buffer.over, mask).astype(np.uint8)


def _bonnet(light: Floats, mask: Picture, plan: Plan, noise: Noise, place: tuple[int, int]) -> None:
    """The own car's bonnet along the lower edge, in samples; void in the mask."""
    first, height = place
    rows, width = mask.shape
    x = (np.arange(width, dtype=np.float32) + 0.5) / width * 2 - 1
    y = (np.arange(first, first + rows, dtype=np.float32) + 0.5) / height
    rise = 0.055 + 0.03 * (plan.seed % 2)
    top = 1.0 - rise * np.clip(1 - (np.abs(x + 0.1 * plan.hand) / 0.93) ** 4, 0, 1) ** 0.6
    inside = y[:, None] > top[None, :]
    if not inside.any():
        return
    iy, ix = np.nonzero(inside)
    into = (y[iy] - top[ix]) / rise
    up = np.clip(0.85 - 0.7 * into, 0.05, 1)
    ways = np.stack((x[ix] * 0.5, up, 0.6 * np.ones_like(up)), axis=1)
    ways /= np.linalg.norm(ways, axis=1, keepdims=True)
    paint = np.array(((0.02, 0.03, 0.06), (0.10, 0.10, 0.11), (0.08, 0.01, 0.01)))[
        plan.seed // 3 % 3
    ]
    seen = sky(plan.light, ways.astype(np.float32), noise)
    rim = np.exp(-((into / 0.06) ** 2))[:, None]
    light[iy, ix] = paint + seen * (0.16 + 0.30 * rim)
    mask[inside] = VOID


def _develop(picture: Floats, plan: Plan, rng: np.random.Generator) -> Picture:
    """Radiance to sRGB: vignette, film curve, slight blur, sensor noise."""
    height, width = picture.shape[:2]
    y = (np.arange(height, dtype=np.float32) + 0.5) / height - 0.5
    x = (np.arange(width, dtype=np.float32) + 0.5) / width - 0.5
    vignette = 1 - 0.35 * (y[:, None] ** 2 + x[None, :] ** 2)
    light = picture * (vignette * plan.light.exposure)[:, :, None] * 0.8
    curve = light * (2.51 * light + 0.03) / (light * (2.43 * light + 0.59) + 0.14)
    shown = np.clip(curve, 0, 1)
    coded = np.where(shown <= 0.0031308, shown * 12.92, 1.055 * shown ** (1 / 2.4) - 0.055)
    image = Image.fromarray((coded * 255 + 0.5).astype(np.uint8), "RGB")
    blurred = np.asarray(image.filter(ImageFilter.GaussianBlur(0.45 + 0.25 * (plan.seed % 3) / 2)))
    grain = rng.standard_normal((height, width, 3)).astype(np.float32)
    grain = grain * 0.6 + rng.standard_normal((height, width, 1)).astype(np.float32) * 0.8
    strength = 1.6 + 1.2 * (plan.light.exposure > 1.1)
    noisy = blurred + grain * strength * (1.15 - 0.5 * shown)
    return np.clip(noisy + 0.5, 0, 255).astype(np.uint8)
