"""How a parameter is declared: once, with its unit, default, bounds, meaning and source.

The file checker, ``custsim describe``, the JSON schema, the table in the documentation and the sliders of the
lessons are all made from these declarations; nothing about a parameter is written down twice.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, model_validator
from pydantic.fields import FieldInfo

__all__ = ["Parameter", "Section", "declared", "param", "valued"]

#: the bounds a parameter may have, as the names of :mod:`annotated_types` and of :func:`param` call them
BOUNDS = ("ge", "gt", "le", "lt")

#: stands where a parameter has no default
MISSING: Any = object()

_WORDS = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
_TYPES = {float: "number", int: "whole number", bool: "true or false", str: "text", type(None): "nothing"}


def param(
    default: Any,
    *,
    unit: str,
    meaning: str,
    source: str,
    ge: float | None = None,
    gt: float | None = None,
    le: float | None = None,
    lt: float | None = None,
    choices: Mapping[str, str] | Sequence[str] | None = None,
    min_length: int | None = None,
    max_length: int | None = None,
) -> Any:
    """Declare one parameter of a :class:`Section`.

    Parameters
    ----------
    default
        The value of a scenario that does not mention the parameter; ``...`` if it must be given.
    unit
        Unit of the value ("persons", "1/month", "currency/employee/month"); "share" for 0 to 1, "1" for a pure number.
    meaning
        What it is, in the field's words: one sentence without the unit.
    source
        Where the default comes from: "Author Year: what was found", or "assumption", or "assumption: why".
    ge, gt, le, lt
        Bounds: at least, above, at most, below.
    choices
        The values a ``Literal`` may take, or a mapping from each of them to its meaning.
    min_length, max_length
        Bounds on the length of a text or a list.

    Raises
    ------
    TypeError
        If unit, meaning or source is empty: an undocumented parameter is a programming error.

    Examples
    --------
    >>> class Desk(Section):
    ...     staff: int = param(4, unit="persons", meaning="Staff at the desk.", source="assumption", ge=1)
    >>> Desk(staff=6).staff
    6
    """
    for what, text in {"unit": unit, "meaning": meaning, "source": source}.items():
        if not text.strip():
            raise TypeError(f"param({default!r}): {what} is empty; every parameter states its unit, meaning and source")
    extra: dict[str, Any] = {"unit": unit, "source": source}
    if choices is not None:
        extra["choices"] = dict(choices) if isinstance(choices, Mapping) else dict.fromkeys(choices, "")
    bounds = {"ge": ge, "gt": gt, "le": le, "lt": lt, "min_length": min_length, "max_length": max_length}
    given: dict[str, Any] = {name: bound for name, bound in bounds.items() if bound is not None}
    return Field(default, description=meaning, json_schema_extra=extra, **given)


def _tuples(value: Any) -> Any:
    """Turn lists into tuples all the way down, since a file and Python's users write lists."""
    if isinstance(value, (list, tuple)):
        return tuple(_tuples(item) for item in value)
    return value


def _over(default: Section, given: dict[str, Any]) -> dict[str, Any]:
    """Lay a table over a section, all the way down: what it does not name stays as in that section."""
    merged: dict[str, Any] = {name: getattr(default, name) for name in type(default).model_fields}
    for name, value in given.items():
        inner = merged.get(name)
        merged[name] = _over(inner, value) if isinstance(inner, Section) and isinstance(value, dict) else value
    return merged


class Section(BaseModel):
    """A part of a scenario: immutable, without room for unknown names, and strict about types.

    A whole number is accepted for a number; text for a number, a fraction for a whole number, and true or false
    for either are refused, as are not-a-number and infinity. Two sections are equal when their values and openings
    are, whatever files they came from.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, validate_default=True, allow_inf_nan=False)

    #: paths that are fixed from the opening of a run on, so that no intervention may change them
    STRUCTURE: ClassVar[tuple[str, ...]] = ()

    #: text of the file a scenario was loaded from, so that saving it keeps the comments; handed on by a change
    _text: str = PrivateAttr(default="")

    @model_validator(mode="before")
    @classmethod
    def _from_plain(cls, data: Any) -> Any:
        """Accept lists, and let a table that names some values of a section leave the others at their defaults."""
        if not isinstance(data, dict):
            return data
        given = {name: _tuples(value) for name, value in data.items()}
        for name, info in cls.model_fields.items():
            if isinstance(info.default, Section) and isinstance(given.get(name), dict):
                given[name] = _over(info.default, given[name])
        return given

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        for name, info in cls.model_fields.items():
            choices = _extra(info).get("choices")
            if choices is not None and tuple(choices) != _literals(info.annotation):
                raise TypeError(
                    f"{cls.__name__}.{name}: choices {tuple(choices)} differ from its type; declare it as "
                    f"Literal[{', '.join(map(repr, choices))}]"
                )

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other) or not isinstance(other, Section):
            return NotImplemented
        return self._compared() == other._compared()

    def __hash__(self) -> int:
        return hash((type(self), *(getattr(self, name) for name in type(self).model_fields)))

    def _compared(self) -> list[Any]:
        values: list[Any] = [getattr(self, name) for name in type(self).model_fields]
        for name in type(self).__private_attributes__:
            other = getattr(self, name) if name != "_text" else None
            # An opening that has this section's own values is its own opening.
            own = isinstance(other, Section) and all(
                getattr(other, n) == getattr(self, n) for n in type(self).model_fields
            )
            values.append(None if own else other)
        return values


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter as it was declared and, where a scenario is at hand, its value.

    Attributes
    ----------
    path
        Dotted path, such as ``complaints.staff`` or ``segments[0].share`` (``segments[].share`` without a scenario).
    type
        Kind of value in words: "number", "whole number", "true or false", "text", "choice", "list of number" ...
    unit, meaning, source
        As declared; empty where a field was declared without :func:`param`.
    default
        Default value; ``None`` with ``required`` set where it must be given.
    value
        Value in the scenario at hand, or the default.
    ge, gt, le, lt
        Bounds, or ``None``.
    choices
        Permitted values with their meanings, for a choice.
    required
        Whether the value must be given.
    """

    path: str
    type: str
    unit: str
    meaning: str
    source: str
    default: Any
    value: Any
    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    lt: float | None = None
    choices: Mapping[str, str] | None = None
    required: bool = False

    @property
    def bounds(self) -> str:
        """Bounds in words, such as "at least 0, at most 1"; empty if there are none."""
        return ", ".join(
            f"{_WORDS[name]} {bound_in_words(getattr(self, name))}"
            for name in BOUNDS
            if getattr(self, name) is not None
        )

    @property
    def differs(self) -> bool:
        """Whether the value differs from the default."""
        return self.required or bool(self.value != self.default)


def declared(section: type[BaseModel]) -> list[Parameter]:
    """List the parameters a section class declares, in the order of declaration.

    Parameters
    ----------
    section
        A subclass of :class:`Section`.

    Returns
    -------
    list of Parameter
        Items of a list have paths such as ``segments[].share``; a parameter that several kinds of item share appears
        once.

    Examples
    --------
    >>> class Desk(Section):
    ...     staff: int = param(4, unit="persons", meaning="Staff at the desk.", source="assumption", ge=1)
    >>> [(p.path, p.unit, p.bounds) for p in declared(Desk)]
    [('staff', 'persons', 'at least 1')]
    """
    return list({parameter.path: parameter for parameter in _walk_class(section, None, "")}.values())


def valued(section: BaseModel) -> list[Parameter]:
    """List the parameters of a section with the values it has, in the order of declaration.

    Parameters
    ----------
    section
        A :class:`Section`, such as a whole scenario.

    Examples
    --------
    >>> class Desk(Section):
    ...     staff: int = param(4, unit="persons", meaning="Staff at the desk.", source="assumption", ge=1)
    >>> [(p.path, p.value, p.default, p.differs) for p in valued(Desk(staff=6))]
    [('staff', 6, 4, True)]
    """
    return list(_walk_value(section, None, ""))


def bound_in_words(bound: float) -> str:
    """Write a bound without an exponent where it is a whole number.

    Examples
    --------
    >>> bound_in_words(1e8), bound_in_words(0.25)
    ('100000000', '0.25')
    """
    return str(int(bound)) if float(bound).is_integer() and abs(bound) < 1e15 else f"{bound:g}"


def sections_in(annotation: Any) -> tuple[type[BaseModel], ...]:
    """List the section classes named in an annotation: itself, or those in a union, an optional or a tuple."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return (annotation,)
    if typing.get_origin(annotation) in (typing.Union, types.UnionType, tuple, Annotated):
        return tuple(found for part in typing.get_args(annotation) for found in sections_in(part))
    return ()


def is_list(annotation: Any) -> bool:
    """Whether an annotation is that of a list of things of one kind (``tuple[X, ...]``)."""
    arguments = typing.get_args(annotation)
    return typing.get_origin(annotation) is tuple and len(arguments) == 2 and arguments[1] is Ellipsis


def default_of(info: FieldInfo) -> Any:
    """Return the default of a field, or :data:`MISSING` where it must be given."""
    return MISSING if info.is_required() else info.get_default(call_default_factory=True, validated_data={})


def _walk_class(section: type[BaseModel], reference: Any, prefix: str) -> Iterator[Parameter]:
    """Walk a section class; ``reference`` is the section that stands there by default, if there is one."""
    for name, info in section.model_fields.items():
        inner = sections_in(info.annotation)
        path = f"{prefix}{name}"
        default = getattr(reference, name) if type(reference) is section else default_of(info)
        for part in inner:
            yield from _walk_class(part, default, f"{path}[]." if is_list(info.annotation) else f"{path}.")
        if not inner:
            yield _parameter(path, info, default, default)


def _walk_value(section: BaseModel, reference: Any, prefix: str) -> Iterator[Parameter]:
    """Walk a section beside the one that stands at the same place by default, if there is one."""
    for name, info in type(section).model_fields.items():
        value, path = getattr(section, name), f"{prefix}{name}"
        default = getattr(reference, name) if type(reference) is type(section) else default_of(info)
        if isinstance(value, BaseModel):
            yield from _walk_value(value, default, f"{path}.")
        elif sections_in(info.annotation) and isinstance(value, tuple):
            for index, item in enumerate(value):
                beside = default[index] if isinstance(default, tuple) and index < len(default) else None
                yield from _walk_value(item, beside, f"{path}[{index}].")
        else:
            yield _parameter(path, info, default, value)


def _parameter(path: str, info: FieldInfo, default: Any, value: Any) -> Parameter:
    extra, required = _extra(info), default is MISSING
    found: dict[str, float] = {
        name: getattr(item, name) for item in info.metadata for name in BOUNDS if getattr(item, name, None) is not None
    }
    literals = _literals(info.annotation)
    return Parameter(
        path=path,
        type=_type_in_words(info.annotation),
        unit=extra.get("unit", ""),
        meaning=info.description or "",
        source=extra.get("source", ""),
        default=None if required else default,
        value=None if value is MISSING else value,
        choices=extra.get("choices") or (dict.fromkeys(literals, "") if literals else None),
        required=required,
        **found,
    )


def _extra(info: FieldInfo) -> dict[str, Any]:
    return dict(info.json_schema_extra) if isinstance(info.json_schema_extra, dict) else {}


def _literals(annotation: Any) -> tuple[Any, ...]:
    return typing.get_args(annotation) if typing.get_origin(annotation) is Literal else ()


def _type_in_words(annotation: Any) -> str:
    if annotation in _TYPES:
        return _TYPES[annotation]
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Literal:
        return "choice"
    if origin in (typing.Union, types.UnionType):
        return " or ".join(_type_in_words(part) for part in arguments)
    if origin is Annotated:
        return _type_in_words(arguments[0])
    if origin is tuple:
        return f"list of {_type_in_words(arguments[0])}"
    if origin in (dict, Mapping):
        return "table"
    return getattr(annotation, "__name__", str(annotation))
