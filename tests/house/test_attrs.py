"""`netsim.attrs` beside the attrs library: classes of drawn shapes behave alike."""

from __future__ import annotations

import copy
import pickle
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netsim import attrs

NAMES = ("a", "b", "_c", "d", "e")
real = pytest.importorskip("attrs", reason="needs the attrs library, which netsim.attrs is compared with")


@st.composite
def shapes(draw: st.DrawFn) -> dict[str, Any]:
    """What a class says of its fields: name -> None (nothing), a default, or the words for `field`."""
    fields: dict[str, Any] = {}
    may_be_asked = True
    for name in draw(st.lists(st.sampled_from(NAMES), unique=True)):
        kind = draw(st.sampled_from(["nothing", "default", "said"]))
        said: dict[str, Any] = (
            {} if draw(st.booleans()) else draw(st.sampled_from([{"default": 1}, {"default": None}, {"factory": list}, {"factory": set}]))
        )
        if kind == "said":
            said = said | draw(
                st.fixed_dictionaries({}, optional={"eq": st.sampled_from([False, str]), "repr": st.just(False), "kw_only": st.just(True)})
            )
            if "default" in said or "factory" in said:
                said |= draw(st.sampled_from([{}, {"init": False}]))
        fields[name] = {"nothing": None, "default": 7, "said": said}[kind]
        optional = kind == "default" or (kind == "said" and bool(said.keys() & {"default", "factory"}))
        if kind != "said" or not said.get("kw_only"):
            if not optional and not may_be_asked:
                fields[name] = 7
            may_be_asked = may_be_asked and not optional
    return fields


def made(library: Any, decorator: str, shape: dict[str, Any], base: type = object, **wanted: bool) -> type:
    body: dict[str, Any] = {"__annotations__": dict.fromkeys(shape, "object"), "__module__": __name__, "__qualname__": "Made"}
    for name, said in shape.items():
        if said is not None:
            body[name] = library.field(**said) if isinstance(said, dict) else said
    return getattr(library, decorator)(**wanted)(type("Made", (base,), body))


def outcome(act: Any) -> Any:
    """What comes of it, an exception by its class and text."""
    try:
        return act()
    except Exception as problem:
        return type(problem).__name__, str(problem)


def looked_at(cls: type, values: dict[str, Any]) -> list[Any]:
    """What one can see of a class and of objects of it."""
    first, second = cls(**values), cls(**values)
    other = cls(**{name: [value] for name, value in values.items()})
    seen: list[Any] = [repr(first), repr(other), first == second, first == other, first != 1, first.__class__.__eq__(first, 1)]
    seen += [outcome(lambda: hash(first) == hash(second)), outcome(lambda: len({first, second, other}))]
    seen += [
        repr(copy.copy(first)),
        repr(copy.deepcopy(other)),
        outcome(lambda: cls(*values.values(), 1, 2, 3, 4, 5, 6)),
        outcome(lambda: cls(nonsense=1)),
    ]
    for name in [*(one for one in NAMES if hasattr(first, one)), "nonsense"]:
        refused = outcome(lambda name=name: setattr(first, name, 3))
        seen += [name, refused and refused[0], getattr(first, name, None)]
    return seen


@settings(max_examples=40, deadline=None)
@given(shape=shapes(), decorator=st.sampled_from(["define", "frozen"]), eq=st.booleans(), data=st.data())
def test_classes_of_drawn_shapes_behave_as_those_of_attrs(shape: dict[str, Any], decorator: str, eq: bool, data: st.DataObject) -> None:
    ours, theirs = (made(library, decorator, shape, eq=eq) for library in (attrs, real))
    assert [one.name for one in attrs.fields(ours)] == [one.name for one in real.fields(theirs)]
    asked = [one for one in real.fields(theirs) if one.init and (one.default is real.NOTHING or data.draw(st.booleans()))]
    values = {one.alias: data.draw(st.integers(0, 2)) for one in asked}
    assert looked_at(ours, values) == looked_at(theirs, values)
    assert attrs.asdict(ours(**values)) == real.asdict(theirs(**values))
    changes = {name: 9 for name in values}
    assert repr(attrs.evolve(ours(**values), **changes)) == repr(real.evolve(theirs(**values), **changes))
    assert outcome(lambda: repr(ours())) == outcome(lambda: repr(theirs()))


@settings(max_examples=40, deadline=None)
@given(shape=shapes(), more=shapes(), decorators=st.tuples(*[st.sampled_from(["define", "frozen"])] * 2))
def test_a_class_that_descends_from_one_has_the_fields_attrs_would_give_it(
    shape: dict[str, Any], more: dict[str, Any], decorators: tuple[str, str]
) -> None:
    optional = {
        name: 7 if said is None or (isinstance(said, dict) and not said.keys() & {"default", "factory"}) else said for name, said in more.items()
    }
    ours, theirs = (made(library, decorators[1], optional, made(library, decorators[0], shape)) for library in (attrs, real))
    assert [one.name for one in attrs.fields(ours)] == [one.name for one in real.fields(theirs)]
    values = {one.alias: 1 for one in real.fields(theirs) if one.init and one.default is real.NOTHING}
    assert looked_at(ours, values) == looked_at(theirs, values)


@attrs.define
class Growing:
    """A class with what the drawn ones have not."""

    limit: ClassVar[int] = 3
    held: list[Growing] = attrs.field(factory=list)
    twice: int = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.twice = 2 * len(self.held)

    def name(self) -> str:
        """The class that the method stands in."""
        return __class__.__name__  # type: ignore[name-defined]


@attrs.frozen
class Grown(Growing):
    """Its heir."""

    def name(self) -> str:
        """The heir calls what it comes from."""
        return f"{super().name()}, grown"


@attrs.frozen
class Pair:
    """A value."""

    left: int
    right: int = 0

    def __repr__(self) -> str:
        return f"<{self.left}|{self.right}>"


def test_a_class_may_have_variables_of_its_own_and_do_something_after_it_is_filled() -> None:
    one = Growing([Growing()])
    assert (one.twice, one.limit, [field.name for field in attrs.fields(Growing)]) == (2, 3, ["held", "twice"])
    with pytest.raises(AttributeError):
        one.unknown = 1  # type: ignore[attr-defined]


def test_an_object_that_holds_itself_can_be_shown() -> None:
    one = Growing()
    one.held.append(one)
    assert repr(one) == "Growing(held=[...], twice=0)"


def test_methods_find_the_class_with_the_slots() -> None:
    assert Grown.name(object.__new__(Grown)) == "Growing, grown"
    assert Growing().name() == "Growing"


def test_what_a_class_writes_itself_is_kept() -> None:
    assert repr(Pair(1)) == "<1|0>"


def test_methods_are_written_when_they_are_looked_for() -> None:
    @attrs.frozen
    class Fresh:
        a: int

    written = {name: type(vars(Fresh)[name]).__name__ for name in ("__init__", "__eq__", "__hash__")}
    assert set(written.values()) == {"_Later"}
    assert Fresh(1) == Fresh(1)
    assert {name: type(vars(Fresh)[name]).__name__ for name in written} == {"__init__": "function", "__eq__": "function", "__hash__": "_Later"}


def test_a_value_survives_a_pickle_and_stays_frozen() -> None:
    pair = pickle.loads(pickle.dumps(Pair(1, 2)))
    assert pair == Pair(1, 2)
    with pytest.raises(attrs.FrozenInstanceError, match="cannot assign to field 'left'"):
        pair.left = 2
    with pytest.raises(attrs.FrozenInstanceError, match="cannot delete field 'left'"):
        del pair.left
    assert type(pair) is Pair


def test_a_class_without_fields_is_refused_by_name() -> None:
    with pytest.raises(TypeError, match="'int'.*no fields"):
        attrs.fields(int)
    assert not attrs.has(int)
    assert attrs.has(Pair)
