"""The grammar of filters: turns ``acc@1 > 80 and params < 30M`` into a tree. Pure text.

::

    filter     = any , { "," , any }               a comma: all of them hold
    any        = all , { "or" , all }
    all        = term , { "and" , term }
    term       = "not" , term | "(" , filter , ")" | comparison
    comparison = FIELD                                     for a field that holds or does not
               | FIELD , ( "=" | "==" | "!=" | "<" | "<=" | ">" | ">=" ) , VALUE
               | FIELD , [ "not" ] , "in" , ( SET | "(" , VALUE , { "," , VALUE } , ")" )

A value is a number with a unit of its field, or a text; texts and fields with blanks or signs in
them are quoted. A text with ``*``, ``?`` or ``[`` is a pattern. The tree is made of what JSON has:

    {"and": [tree, ...]}, {"or": [tree, ...]}, {"not": tree},
    {"field": "params", "op": "<", "value": 3e7}, {"field": "task", "op": "in", "value": ["..."]}

`matching` evaluates it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ..errors import HubError
from .fields import Field, find_field

__all__ = ["QueryError", "Tree", "parse"]

Tree = dict[str, Any]

_DEEPEST = 50  # levels of parentheses and of "not"
_SHOWN = 60  # characters on each side of a fault
_OPERATORS = {"=": "=", "==": "=", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_MEANT = {
    "=>": ">=",
    "=<": "<=",
    "<>": "!=",
    "===": "=",
    "&&": "and",
    "&": "and",
    "||": "or",
    "|": "or",
    "!": "not",
}
_KEYWORDS = ("and", "or", "not", "in")
_TOKEN = re.compile(
    r"""(?P<blank>\s+) | (?P<mark>[(),]) | (?P<operator>[<>=!&|]+)
    | (?P<quoted>"[^"]*"|'[^']*') | (?P<open>["']) | (?P<word>[^\s(),<>=!&|"']+)""",
    re.VERBOSE,
)
_NUMBER = re.compile(
    r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?)(.*)", re.IGNORECASE | re.DOTALL
)


class QueryError(HubError, ValueError):
    """A filter or a sort order is malformed, or names an unknown field.

    Attributes:
        text: the filter or the order.
        start, end: the place of the fault in the text.
    """

    def __init__(self, message: str, text: str = "", start: int = 0, end: int = 0) -> None:
        self.text, self.start, self.end = text, start, end
        super().__init__(f"{message}\n{_pointed(text, start, end)}" if text.strip() else message)


class _Token(NamedTuple):
    kind: str  # word, quoted, operator, mark or end
    text: str
    start: int
    end: int


def parse(text: str, fields: Mapping[str, Field]) -> Tree:
    """Parses a filter.

    Args:
        text: the filter, as this module describes it.
        fields: all fields by name, as `fields.fields_of` gives them.

    Returns:
        The tree, with each field's own name and numbers in the field's own unit.

    Raises:
        QueryError: the filter is malformed, or names what does not exist; the error points at it.
    """
    return _Parser(text, fields).whole()


class _Parser:
    """Reads a filter from left to right, one method a rule."""

    def __init__(self, text: str, fields: Mapping[str, Field]) -> None:
        self.text = text
        self.fields = fields
        self.depth = 0
        self.tokens = list(self._tokens())
        self.next = 0

    def _tokens(self) -> Iterable[_Token]:
        for match in _TOKEN.finditer(self.text):
            kind = str(match.lastgroup)
            if kind == "open":
                raise self._error("This quote is not closed.", match.start(), len(self.text))
            if kind != "blank":
                content = match[0][1:-1] if kind == "quoted" else match[0]
                yield _Token(kind, content, match.start(), match.end())
        yield _Token("end", "", len(self.text), len(self.text))

    # -- The rules

    def whole(self) -> Tree:
        if self.token.kind == "end":
            raise QueryError('The filter is empty. Write it as "acc@1 > 80 and params < 30M".')
        tree = self._filter()
        if self.token.kind != "end":
            raise self._unexpected("'and', 'or' or the end")
        return tree

    def _filter(self) -> Tree:
        return self._joined("and", ",", self._any)

    def _any(self) -> Tree:
        return self._joined("or", "or", self._all)

    def _all(self) -> Tree:
        return self._joined("and", "and", self._term)

    def _joined(self, key: str, separator: str, rule: Any) -> Tree:
        parts = [rule()]
        while self._take(separator):
            parts.append(rule())
        return parts[0] if len(parts) == 1 else {key: parts}

    def _term(self) -> Tree:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise self._error(f"The filter is nested more than {_DEEPEST} levels deep.")
        try:
            if self._take("not"):
                return {"not": self._term()}
            if self._take("("):
                tree = self._filter()
                if not self._take(")"):
                    raise self._unexpected("')'")
                return tree
            return self._comparison()
        finally:
            self.depth -= 1

    def _comparison(self) -> Tree:
        field = self._field()
        negated = self._is("not") and self._is("in", 1)
        if negated:
            self.next += 1
        if self._take("in"):
            tree: Tree = {"field": field.name, "op": "in", "value": self._set(field)}
            return {"not": tree} if negated else tree
        token = self.token
        if token.kind == "operator" and token.text in _OPERATORS:
            self.next += 1
            return self._compared(field, token)
        if field.kind == "flag":
            return {"field": field.name, "op": "=", "value": True}
        raise self._unexpected(f"a comparison, such as {field.name} {_comparison_of(field)}")

    def _compared(self, field: Field, sign: _Token) -> Tree:
        operator = _OPERATORS[sign.text]
        if field.kind != "number" and operator not in ("=", "!="):
            raise self._error(
                f"'{field.name}' is no number: compare it with =, != or in.", sign.start, sign.end
            )
        token = self.token
        if field.kind == "text" and token.kind == "word" and any(c in token.text for c in "*?["):
            self.next += 1
            tree: Tree = {"field": field.name, "op": "like", "value": token.text}
            return {"not": tree} if operator == "!=" else tree
        return {"field": field.name, "op": operator, "value": self._value(field)}

    def _field(self) -> Field:
        token = self.token
        if token.kind not in ("word", "quoted") or self._keyword(token):
            raise self._unexpected("a field, such as acc@1")
        found = find_field(token.text, self.fields)
        if not isinstance(found, Field):
            raise self._error(
                f"'{token.text}' is not a field.{_did_you_mean(found)} "
                f"Fields: {_listed(self.fields)}.",
                token.start,
                token.end,
            )
        self.next += 1
        return found

    def _set(self, field: Field) -> list[Any]:
        if self._take("("):
            values = [self._value(field)]
            while self._take(","):
                values.append(self._value(field))
            if not self._take(")"):
                raise self._unexpected("',' or ')'")
            return values
        token = self.token
        if token.kind == "word" and token.text.lower() in field.sets:
            self.next += 1
            return list(field.sets[token.text.lower()])
        named = f" or one of: {_listed(field.sets)}" if field.sets else ""
        raise self._unexpected(f"values in parentheses after 'in', such as (a, b){named}")

    def _value(self, field: Field) -> Any:
        token = self.token
        if token.kind not in ("word", "quoted") or self._keyword(token):
            raise self._unexpected(f"a value of '{field.name}'")
        self.next += 1
        if field.kind == "number":
            return self._number(field, token)
        if field.kind == "flag":
            if token.text.lower() not in ("yes", "no", "true", "false"):
                raise self._error(f"'{field.name}' is yes or no.", token.start, token.end)
            return token.text.lower() in ("yes", "true")
        if field.values and token.text.lower() not in field.values:
            raise self._no_value(field, token)
        return field.values.get(token.text.lower(), token.text)

    def _number(self, field: Field, token: _Token) -> float:
        match = _NUMBER.fullmatch(token.text)
        if match is None:
            raise self._error(
                f"'{token.text}' is not a number: write {field.name} {_comparison_of(field)}.",
                token.start,
                token.end,
            )
        unit, end = match[2], token.end
        start = end - len(unit)
        after, next_kind = self.token, self.tokens[min(self.next + 1, len(self.tokens) - 1)].kind
        apart = not unit and after.kind == "word" and not self._keyword(after)
        if apart and (after.text.lower() in field.units or next_kind != "operator"):
            unit, start, end = after.text, after.start, after.end  # as in "10 MB"
            self.next += 1
        number = float(match[1])
        factor = field.units.get(unit.lower(), 1.0 if number == 0 and not unit else None)
        if factor is None:
            what = f"'{unit}' is not a unit of '{field.name}'" if unit else "A unit is missing"
            raise self._error(
                f"{what}: write it as {field.example}.", start if unit else token.start, end
            )
        number *= factor
        lowest, highest = field.bounds
        if math.isinf(number):
            raise self._error("This number is too large.", token.start, end)
        if not lowest <= number <= highest:
            limits = f"{lowest:g} or more" if math.isinf(highest) else f"{lowest:g} to {highest:g}"
            raise self._error(f"'{field.name}' is {limits}.", token.start, end)
        return number

    # -- Tokens

    @property
    def token(self) -> _Token:
        return self.tokens[self.next]

    def _is(self, text: str, ahead: int = 0) -> bool:
        token = self.tokens[min(self.next + ahead, len(self.tokens) - 1)]
        return token.kind in ("word", "mark") and token.text.lower() == text

    def _take(self, text: str) -> bool:
        found = self._is(text)
        self.next += found
        return found

    @staticmethod
    def _keyword(token: _Token) -> bool:
        return token.kind == "word" and token.text.lower() in _KEYWORDS

    # -- Errors

    def _error(self, message: str, start: int | None = None, end: int | None = None) -> QueryError:
        start = self.token.start if start is None else start
        return QueryError(message, self.text, start, self.token.end if end is None else end)

    def _unexpected(self, wanted: str) -> QueryError:
        token = self.token
        if token.text in _MEANT and token.kind == "operator":
            return self._error(f"Write '{_MEANT[token.text]}', not '{token.text}'.")
        several = token.kind == "word" and wanted.startswith("'and'")
        hint = " Texts of several words are quoted." if several else ""
        found = f"before '{_cut(token.text)}'" if token.kind != "end" else "at the end"
        return self._error(f"Expected {wanted}, {found}.{hint}")

    def _no_value(self, field: Field, token: _Token) -> QueryError:
        import difflib

        close = difflib.get_close_matches(token.text.lower(), field.values, n=3)
        meant = _did_you_mean([field.values[match] for match in close])
        known = "" if meant else f" Known: {_listed(field.values.values())}."
        return self._error(
            f"Nothing has the {field.name} '{_cut(token.text)}'.{meant}{known}",
            token.start,
            token.end,
        )


def _comparison_of(field: Field) -> str:
    return (
        f"= {next(iter(field.values.values()), 'x')}"
        if field.kind == "text"
        else (f"{'<' if field.better == 'lower' else '>'} {field.example}")
    )


def _did_you_mean(names: Iterable[str]) -> str:
    quoted = " or ".join(f"'{name}'" for name in names)
    return f" Did you mean {quoted}?" if quoted else ""


def _listed(names: Iterable[str], most: int = 24) -> str:
    listed = sorted(map(str, names))
    return ", ".join(map(_cut, listed[:most])) + (", ..." if len(listed) > most else "")


def _cut(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"


def _pointed(text: str, start: int, end: int) -> str:
    """The line with the fault, and carets below it."""
    line = "".join(c if c.isprintable() else " " for c in text)
    first = max(start - _SHOWN, 0)
    last = min(max(end, start + 1) + _SHOWN, len(line))
    before, after = "…" if first else "", "…" if last < len(line) else ""
    carets = "^" * min(max(end - start, 1), last - start if last > start else 1)
    return f"  {before}{line[first:last]}{after}\n  {' ' * (len(before) + start - first)}{carets}"
