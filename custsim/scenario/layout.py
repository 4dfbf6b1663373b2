"""Writing a scenario as TOML that keeps the comments and the layout of the file it came from."""

from __future__ import annotations

import re
import textwrap
import tomllib
import typing
from collections.abc import Iterator, MutableMapping
from typing import Any

import tomlkit
from pydantic import BaseModel
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT

from custsim.errors import InputError
from custsim.scenario.changes import built, flattened, opens, otherwise_before, plain
from custsim.scenario.parameter import Parameter, Section, declared, default_of, is_list, sections_in, valued

__all__ = ["rendered", "starter"]


def rendered(scenario: Section) -> str:
    """Write a scenario as TOML: what its file mentioned, what differs from the defaults, and what it was changed from.

    Raises
    ------
    InputError
        If a value has no form in TOML: a parameter left out that is not left out by default.

    Examples
    --------
    >>> from custsim.scenario.parameter import param
    >>> class Desk(Section):
    ...     staff: int = param(4, unit="persons", meaning="Staff at the desk.", source="assumption", ge=1)
    >>> print(rendered(Desk(staff=8)), end="")
    staff = 8
    """
    for text in (scenario._text, ""):
        try:
            document = tomlkit.parse(text)
            _merge(document, scenario, "")
            _merge_opening(document, scenario)
            written = tomlkit.dumps(document)
            read = built(type(scenario), tomllib.loads(written))
            if plain(read) == plain(scenario) and otherwise_before(read) == otherwise_before(scenario):
                return written
        except (TOMLKitError, ValueError, KeyError, IndexError):
            # A layout too intricate to be kept (a section spread over several places, say): without it, all is written.
            if not text:
                raise
    raise InputError("this scenario cannot be written as TOML: read back, it would differ")


def _merge_opening(document: MutableMapping[str, Any], scenario: Section) -> None:
    """Say what was otherwise before month 0: without it the firm would be read as one that had always been so."""
    before = otherwise_before(scenario)
    if not before:
        if opens(type(scenario)):
            document.pop("opening", None)
    elif "opening" not in document or flattened(tomlkit.item(document["opening"]).unwrap()) != before:
        table = tomlkit.table()
        table.comment("the firm as it was before month 0, where it was otherwise")
        for path, value in before.items():
            table[path] = value
        document["opening"] = table


def starter(scenario: Section, heading: str) -> str:
    """Write a commented file to start from: what differs is set, every other parameter stands in a comment.

    Parameters
    ----------
    scenario
        Scenario whose values the file has.
    heading
        First lines of the file, without comment signs.
    """
    lines = [f"# {line}".rstrip() for line in heading.splitlines()]
    for above, parameters in _by_table(scenario).items():
        if above and (parameters or above.endswith("]")):
            lines += ["", *_header(scenario, above)]
        for parameter in parameters:
            lines += ["", *_entry(parameter, parameter.path.rpartition(".")[2])]
    lines += _empty_lists(scenario)
    return "\n".join([*lines, ""])


def _by_table(scenario: Section) -> dict[str, list[Parameter]]:
    """Group parameters by the table of the file they stand in, each table before those inside it."""
    tables: dict[str, list[Parameter]] = {"": []}
    for parameter in valued(scenario):
        *above, _ = parameter.path.split(".")
        for depth in range(len(above)):
            tables.setdefault(".".join(above[: depth + 1]), [])
        tables[".".join(above)].append(parameter)
    return tables


def _header(scenario: Section, above: str) -> Iterator[str]:
    holder: Any = scenario
    for step in above.replace("[", ".").replace("]", "").split("."):
        holder = holder[int(step)] if step.isdigit() else getattr(holder, step)
    meaning = (type(holder).__doc__ or "").strip().splitlines()
    yield from (f"# {line}" for line in textwrap.wrap(meaning[0], 110)) if meaning else ()
    # A list that is given in a file replaces the default one, so all of its items must be written.
    name = re.sub(r"\[\d+\]", "", above)
    yield f"[[{name}]]" if above.endswith("]") else f"[{name}]"


def _empty_lists(scenario: Section) -> Iterator[str]:
    """Show, in comments, what an item of each list that has none may say."""
    for name, info in type(scenario).model_fields.items():
        kinds = sections_in(info.annotation)
        if is_list(info.annotation) and kinds and not getattr(scenario, name):
            meaning = (kinds[0].__doc__ or "").strip().splitlines()[:1]
            yield from ["", *(f"# {line}" for line in meaning), f"#[[{name}]]"]
            for parameter in declared(kinds[0]):
                yield from (line if line.startswith("#") else f"#{line}" for line in _entry(parameter, parameter.path))


def _entry(parameter: Parameter, name: str) -> Iterator[str]:
    about = " ".join(filter(None, [parameter.meaning, f"[{parameter.unit}{_bounds(parameter)}]"]))
    yield from (f"# {line}" for line in textwrap.wrap(about, 110))
    if parameter.source:
        yield from (f"# {line}" for line in textwrap.wrap(f"Source: {parameter.source}", 110))
    if parameter.value is None:
        yield f"#{name} ={'  # must be given' if parameter.required else ''}"
    else:
        in_list = "[" in parameter.path
        text = _inline(plain(parameter.value))
        yield f"{name} = {text}" if parameter.differs or in_list else f"#{name} = {text}"


def _inline(value: Any) -> str:
    """Write a value on one line, tables included."""
    if isinstance(value, list):
        return f"[{', '.join(_inline(item) for item in value)}]"
    if isinstance(value, dict):
        return (
            f"{{{', '.join(f'{tomlkit.key([name]).as_string()} = {_inline(item)}' for name, item in value.items())}}}"
        )
    return str(tomlkit.item(value).as_string())


def _bounds(parameter: Parameter) -> str:
    if parameter.choices:
        return ", one of " + ", ".join(f'"{choice}"' for choice in parameter.choices)
    return f", {parameter.bounds}" if parameter.bounds else ""


def _merge(table: MutableMapping[str, Any], section: BaseModel, prefix: str, reference: Any = None) -> None:
    """Bring a table of a document up to the values of a section, touching only what differs.

    ``reference`` is the section that stands there by default, if there is one.
    """
    for name, info in type(section).model_fields.items():
        value = getattr(section, name)
        default = getattr(reference, name) if type(reference) is type(section) else default_of(info)
        path, present = f"{prefix}{name}", name in table
        if isinstance(value, BaseModel):
            _merge_section(table, name, value, default, path)
        elif not present and value == default and not _tells_kinds_apart(info.annotation):
            continue
        elif value is None:
            if default is not None:
                raise InputError(f"{path}: left out, which a file cannot say, since its default is {default!r}")
            table.pop(name, None)
        elif value and isinstance(value, tuple) and all(isinstance(item, BaseModel) for item in value):
            _merge_list(table, name, value, path)
        elif not present or not _says(table[name], value):
            table[name] = plain(value)


def _says(written: Any, value: Any) -> bool:
    there, wanted = plain(tomlkit.item(written).unwrap()), plain(value)
    if isinstance(there, dict) and isinstance(wanted, dict):
        return there == wanted or flattened(there) == wanted
    return bool(there == wanted)


def _tells_kinds_apart(annotation: Any) -> bool:
    """Whether a parameter can have one value only: it says of which kind an item is, and must be in the file."""
    return typing.get_origin(annotation) is typing.Literal and len(typing.get_args(annotation)) == 1


def _merge_section(table: MutableMapping[str, Any], name: str, section: BaseModel, default: Any, path: str) -> None:
    if isinstance(table.get(name), MutableMapping):
        _merge(table[name], section, f"{path}.", default)
        return
    inner = tomlkit.table()
    _merge(inner, section, f"{path}.", default)
    if len(inner):
        table[name] = inner


def _merge_list(table: MutableMapping[str, Any], name: str, items: tuple[BaseModel, ...], path: str) -> None:
    listed = table.get(name)
    if not isinstance(listed, list):
        table.pop(name, None)
        listed = tomlkit.aot()
        for index, item in enumerate(items):
            inner = tomlkit.table()
            _merge(inner, item, f"{path}[{index}].")
            listed.append(inner)
        table[name] = listed
        return
    while len(listed) > len(items):
        del listed[-1]
    for index, item in enumerate(items):
        if index < len(listed):
            _merge(listed[index], item, f"{path}[{index}].")
        else:
            added: Any = tomlkit.table() if isinstance(listed, AoT) else tomlkit.inline_table()
            _merge(added, item, f"{path}[{index}].")
            listed.append(added)
