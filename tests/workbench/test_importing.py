"""Masks of other programs come in where they belong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from s4gui.core.classes import UNLABELLED, VOID
from s4gui.core.errors import FormatError
from s4gui.core.sources import SourceKind
from s4gui.store import label_files, palettes
from s4gui.store.formats import colour_png, index_png
from s4gui.store.project import Project
from s4gui.workbench import importing
from s4gui.workbench.workbench import Workbench
from tests.shared import camvid
from tests.workbench import places

VALUES = np.array([[0, 1, 2, 255], [3, 4, 254, 255], [0, 0, 0, 0]], np.uint8)


def project(tmp_path: Path, *paths: str) -> Workbench:
    return places.opened(places.make(tmp_path, dict.fromkeys(paths, VALUES.shape)))


def write(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def test_index_masks_are_matched_by_name_and_kept_exactly(tmp_path: Path) -> None:
    bench = project(tmp_path, "x/a.jpg", "x/b.png")
    masks = tmp_path / "masks"
    write(masks / "a.png", VALUES)
    write(masks / "nobody.png", VALUES)
    change, report = bench.import_folder(masks)
    assert list(change.labels) == ["images/x/a.jpg"]
    assert (report.imported, report.unmatched) == (1, ("nobody.png",))
    assert np.array_equal(bench.mask("images/x/a.jpg").labels, VALUES)
    (source,) = bench.project.sources.sources
    assert (source.kind, source.detail) == (SourceKind.IMPORTED, "masks")
    bench.undo("images/x/a.jpg")
    assert bench.mask("images/x/a.jpg").counts() == {}
    bench.close()


def test_unknown_values_stay_unlabelled_and_are_counted(tmp_path: Path) -> None:
    bench = project(tmp_path, "a.png")
    strange = VALUES.copy()
    strange[2] = 77
    write(tmp_path / "m" / "a.png", strange)
    _, report = bench.import_folder(tmp_path / "m", importing.OUR_VALUES)
    assert report.unknown_values == {"77": 4}
    assert (bench.mask("images/a.png").labels[2] == UNLABELLED).all()
    bench.close()


def test_colour_masks_are_matched_exactly(tmp_path: Path) -> None:
    bench = project(tmp_path, "a.png")
    path = tmp_path / "m" / "a.png"
    path.parent.mkdir()
    path.write_bytes(colour_png.encode(VALUES, bench.class_map))
    pixels = np.asarray(Image.open(path)).copy()
    pixels[2, 3] = (1, 2, 3)
    write(path, pixels)
    _, report = bench.import_folder(tmp_path / "m")
    expected = VALUES.copy()
    expected[2, 3] = UNLABELLED
    assert np.array_equal(bench.mask("images/a.png").labels, expected)
    assert report.table == importing.OUR_COLOURS
    assert report.unknown_values == {"(1, 2, 3)": 1}
    bench.close()


def test_masks_of_another_size_are_left_out_and_named(tmp_path: Path) -> None:
    bench = project(tmp_path, "a.png", "b.png")
    write(tmp_path / "m" / "a.png", np.zeros((5, 5), np.uint8))
    write(tmp_path / "m" / "b.png", VALUES)
    (tmp_path / "m" / "c.png").write_bytes(b"nothing")
    _, report = bench.import_folder(tmp_path / "m")
    assert report.imported == 1
    assert list(report.problems) == ["a.png"]
    assert "5x5" in report.problems["a.png"]
    bench.close()


def test_importing_the_same_again_changes_nothing(tmp_path: Path) -> None:
    bench = project(tmp_path, "a.png")
    write(tmp_path / "m" / "a.png", VALUES)
    bench.import_folder(tmp_path / "m")
    before = bench.project.last_taken()
    change, report = bench.import_folder(tmp_path / "m")
    assert not change.labels
    assert (report.imported, report.unchanged) == (0, 1)
    assert bench.project.last_taken() == before
    bench.close()


def test_cancelling_keeps_what_was_imported(tmp_path: Path) -> None:
    bench = project(tmp_path, "a.png", "b.png")
    for name in ("a.png", "b.png"):
        write(tmp_path / "m" / name, VALUES)
    _, report = bench.import_folder(tmp_path / "m", progress=lambda done, total, what: done < 1)
    assert report.cancelled
    assert report.frames == ["images/a.png"]
    bench.close()


def test_cityscapes_names_fit_and_label_ids_win_over_colours(tmp_path: Path) -> None:
    bench = project(tmp_path, "train/aachen/aachen_000_leftImg8bit.png")
    masks = tmp_path / "gtFine" / "train" / "aachen"
    write(masks / "aachen_000_gtFine_labelIds.png", VALUES)
    write(masks / "aachen_000_gtFine_color.png", np.zeros((*VALUES.shape, 3), np.uint8))
    write(masks / "aachen_000_gtFine_instanceIds.png", np.zeros(VALUES.shape, np.uint16))
    _, report = bench.import_folder(tmp_path / "gtFine", importing.OUR_VALUES)
    assert report.imported == 1
    assert report.unmatched == ()
    (frame,) = report.frames
    assert np.array_equal(bench.mask(frame).labels, VALUES)
    bench.close()


def test_the_same_name_in_two_folders_goes_where_the_folders_agree(tmp_path: Path) -> None:
    bench = project(tmp_path, "left/0.png", "right/0.png")
    write(tmp_path / "m" / "right" / "0.png", VALUES)
    write(tmp_path / "m" / "0.png", VALUES)
    _, report = bench.import_folder(tmp_path / "m")
    assert report.frames == ["images/right/0.png"]
    assert report.unmatched == ("0.png",)
    bench.close()


def test_only_the_named_images_are_imported(tmp_path: Path) -> None:
    bench = project(tmp_path, "a.png", "b.png", "c.png")
    for name in ("a", "b", "c"):
        write(tmp_path / "m" / f"{name}.png", VALUES)
    _, report = bench.import_folder(tmp_path / "m", only=["a.png", "images/c.png"])
    assert report.frames == ["images/a.png", "images/c.png"]
    bench.close()


def test_nothing_that_fits_is_an_error(tmp_path: Path) -> None:
    bench = project(tmp_path, "a.png")
    write(tmp_path / "m" / "z.png", VALUES)
    with pytest.raises(FormatError, match="No mask"):
        bench.import_folder(tmp_path / "m")
    write(tmp_path / "m" / "a.png", VALUES)
    with pytest.raises(FormatError, match="no table"):
        bench.import_folder(tmp_path / "m", "klingon")
    bench.close()


def test_exported_masks_come_back_without_a_differing_pixel(tmp_path: Path) -> None:
    bench = project(tmp_path, "a.png")
    bench.import_labels("images/a.png", VALUES, detail="x")
    labels = bench.mask("images/a.png").labels
    for name, data in {
        "index": index_png.encode(labels, bench.class_map),
        "colour": colour_png.encode(labels, bench.class_map),
    }.items():
        folder = tmp_path / name
        folder.mkdir()
        (folder / "a.png").write_bytes(data)
        decode = index_png.decode if name == "index" else None
        path = folder / "a.png"
        back = decode(path) if decode else colour_png.decode(path, bench.class_map)
        assert np.array_equal(back, labels)
    bench.close()


def test_our_own_label_files_can_be_imported(tmp_path: Path) -> None:
    bench = project(tmp_path, "a.jpg")
    bench.import_labels("images/a.jpg", VALUES, detail="x")
    bench.close()
    other = project(tmp_path / "other", "a.jpg")
    files = label_files.of(bench.project.folder, "images/a.jpg")
    _, report = other.import_folder(files.labels.parent)
    assert report.imported == 1
    assert np.array_equal(other.mask("images/a.jpg").labels, VALUES)
    other.close()


def test_camvid_masks_become_camvid_classes_with_void(tmp_path: Path) -> None:
    source = camvid()
    names = sorted(path.name for path in (source / "train").iterdir())[:4]
    images = tmp_path / "images"
    images.mkdir()
    for name in names:
        (images / name).write_bytes((source / "train" / name).read_bytes())
    classes = {each.name: each for each in palettes.all_class_sets()}["camvid-11"].class_map
    bench = Workbench(Project.create(tmp_path / "p", name="x", images=images, class_map=classes))
    _, report = bench.import_folder(source / "trainannot")
    assert report.imported == 4
    assert report.unknown_values == {}
    for name in names:
        theirs = np.asarray(Image.open(source / "trainannot" / name))
        ours = bench.mask(f"images/{name}").labels
        assert np.array_equal(ours == VOID, theirs == 11)
        assert np.array_equal(ours[theirs != 11], theirs[theirs != 11])
    for name in names:
        bench.undo(f"images/{name}")
    _, report = bench.import_folder(source / "train_scribbles", "camvid-index", only=names[:1])
    scribbles = np.asarray(Image.open(source / "train_scribbles" / names[0]))
    assert np.array_equal(bench.mask(f"images/{names[0]}").labels, scribbles)
    bench.close()
