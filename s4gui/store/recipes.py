"""Ready recipes and recipe files: JSON that a person can read, edit, diff and share."""

from __future__ import annotations

import json
from pathlib import Path

from s4gui.core.errors import RecipeError
from s4gui.core.recipe import Recipe
from s4gui.store import resources
from s4gui.store.atomic import write_atomic


def ready() -> tuple[str, ...]:
    """Names of the recipes that are shipped."""
    return tuple(sorted(path.stem for path in resources.find("recipes").glob("*.json")))


def read(name: str) -> Recipe:
    """A ready recipe by its name, or the recipe in a file; RecipeError if it is neither."""
    shipped = resources.find(f"recipes/{name}.json")
    path = shipped if name in ready() else Path(name)
    try:
        raw = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise RecipeError(
            "recipe.unreadable",
            "{name} is neither a ready recipe nor a recipe file",
            hint="Ready recipes: {known}",
            name=name,
            known=", ".join(ready()),
        ) from error
    if not isinstance(raw, dict):
        raise RecipeError(
            "recipe.not_an_object",
            "{name} holds no recipe",
            hint="A recipe file is a JSON object of choices",
            name=name,
        )
    return Recipe.from_json(raw)


def write(path: Path, recipe: Recipe) -> None:
    """Write a recipe file."""
    text = json.dumps(recipe.to_json(), indent=1, ensure_ascii=False)
    write_atomic(path, f"{text}\n".encode())
