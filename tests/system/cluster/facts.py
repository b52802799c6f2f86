"""The words of facts and cures, as common/facts/ has them.

JSON carries the words beside the code. A message of the wire carries the code and its parameters only:
its words are made here from the same lines that the programs make them from.
"""
import os
import pathlib
import re

_FACTS = pathlib.Path(__file__).parents[3] / "common/facts"


def _lines(name: str) -> dict[str, str]:
    text = (_FACTS / name).read_text()
    return {code: words.replace('\\"', '"')
            for code, words in re.findall(r'X\((\w+), "((?:[^"\\]|\\.)*)"\)', text)}


_LINES = {"fact": _lines("fact_list.h"), "cure": _lines("cure_list.h")}


def _value(said: dict[str, object], name: str, because: str) -> str:
    if name == "because":
        return because
    if name.startswith("count:"):
        count = int(str(said.get("count", 0)))
        return f"{count} {name[6:]}" + ("" if count == 1 else "s")
    if name == "takeover":
        return f"T{said['takeover']}" if said.get("takeover") else ""
    if name == "seconds":
        return str(int(str(said.get("ms", 0))) // 1000)
    if name == "errno":
        return os.strerror(int(str(said["errno"]))) if said.get("errno") else ""
    if name == "planned":
        return "--planned" if said.get("planned") else ""
    value = said.get(name, "")
    return ", ".join(value) if isinstance(value, list) else str(value)


def _fill(line: str, said: dict[str, object], because: str) -> str:
    def optional(part: re.Match[str]) -> str:
        names = re.findall(r"{([^}]*)}", part[1])
        if not all(_value(said, name, because) not in ("", "0") for name in names):
            return ""
        return part[1]

    kept = re.sub(r"(?<!\[)\[([^\[\]]*)\](?!\])", optional, line)
    return re.sub(r"{([^}]*)}", lambda part: _value(said, part[1], because), kept)


def words(said: object) -> str:
    """Of a fact or a cure of JSON or of the wire; nothing: none is there."""
    if not said:
        return ""
    assert isinstance(said, dict), said
    if "text" in said:
        return str(said["text"])
    code = str(said["code"])
    if code == "none":
        return ""
    then = words(said.get("then"))
    line = _LINES["cure"].get(code, "") if then else _LINES["fact"].get(code, "")
    text = _fill(line or _LINES["cure"][code], said, words(said.get("because")))
    return text + (f"; then {then}" if then else "")
