"""Every event and command comes back from its line as it was; nothing else is believed."""

from __future__ import annotations

import dataclasses
import json
import typing

import pytest

from s4gui.core.errors import WireError
from s4gui.wire import commands, events, preview

SAMPLES: dict[object, object] = {
    str: "ü \n",
    int: 7,
    float: 0.1,
    bool: True,
    dict[str, float]: {"ce": 0.5},
    dict[str, typing.Any]: {"a": [1, {"b": None}]},
    tuple[float | None, ...]: (None, 0.5),
    float | None: None,
}
MODULES = {
    **{each: (events.encode, events.decode) for each in typing.get_args(events.Event)},
    **{each: (commands.encode, commands.decode) for each in typing.get_args(commands.Command)},
    **{
        each: (preview.encode, preview.decode_command)
        for each in typing.get_args(preview.PreviewCommand)
    },
    **{
        each: (preview.encode, preview.decode_event)
        for each in typing.get_args(preview.PreviewEvent)
    },
}


def sample(hint: typing.Any) -> typing.Any:
    """Some value of this type."""
    if hint in SAMPLES:
        return SAMPLES[hint]
    if dataclasses.is_dataclass(hint):
        hints = typing.get_type_hints(hint)
        return hint(**{name: sample(each) for name, each in hints.items()})
    args = typing.get_args(hint)
    if typing.get_origin(hint) is tuple:
        return tuple(sample(each) for each in args if each is not Ellipsis)
    assert typing.get_origin(hint) is typing.Literal, hint
    return args[0]


@pytest.mark.parametrize("cls", MODULES, ids=lambda cls: cls.__name__)
def test_what_is_said_is_what_is_heard(cls: type) -> None:
    encode, decode = MODULES[cls]
    value = sample(cls)
    line = encode(value)
    assert "\n" not in line
    heard = decode(line)
    assert heard == value
    assert type(heard) is cls
    assert {f.name for f in dataclasses.fields(cls)} <= set(json.loads(line))


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_number_that_is_none_never_crosses(bad: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        events.encode(events.StepDone(1, {"ce": bad}, {}, 1e-3, 1.0))
    line = events.encode(events.StepDone(1, {"ce": 0.125}, {}, 1e-3, 1.0))
    with pytest.raises(WireError):
        events.decode(line.replace("0.125", "NaN"))


@pytest.mark.parametrize(
    "change",
    [
        {"step": "3"},
        {"step": 3.0},
        {"step": True},
        {"reason": "bored"},
        {"reason": None},
        {"more": 1},
        {"type": "Finishd"},
        {"type": 3},
        {"type": None},
    ],
)
def test_an_ill_typed_line_is_none_of_ours(change: dict[str, object]) -> None:
    line = json.dumps(json.loads(events.encode(events.Finished(3, "done"))) | change)
    with pytest.raises(WireError):
        events.decode(line)


@pytest.mark.parametrize("line", ["", "{}", "[]", "3", "null", "Welcome", '{"type":"Finished"}'])
def test_a_foreign_line_is_none_of_ours(line: str) -> None:
    with pytest.raises(WireError, match="Not a line of this program"):
        events.decode(line)


def test_a_tuple_of_fixed_length_has_that_length() -> None:
    line = preview.encode(preview.Fit(1, preview.FrameFile("a", "b"), (0, 0, 1, 1), 1.0, ()))
    assert preview.decode_command(line)
    with pytest.raises(WireError):
        preview.decode_command(line.replace("[0,0,1,1]", "[0,0,1]"))
