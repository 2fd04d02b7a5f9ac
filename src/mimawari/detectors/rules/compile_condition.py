"""A rule's condition as one generated Python function.

The function is built as a syntax tree from conditions that were checked before; texts of the
rule's author enter as constants only, never as code. One call decides a listing: 200 compiled
lambdas cost nearly twice as much, expression languages 7 to 200 times.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from mimawari.detectors.rules.facts import Facts
from mimawari.detectors.topicfile.conditions import (
    All,
    AnyOf,
    Choice,
    Condition,
    Not,
    Number,
    Reference,
    Text,
)
from mimawari.listings.normalise import canonical

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Decide = Callable[[set[int], Facts], bool]


def generate(
    condition: Condition, atoms: Mapping[Text, int], rules: Mapping[str, Condition]
) -> Decide:
    """Compile a condition to ``f(hits, facts) -> bool``.

    Parameters
    ----------
    condition
        The condition.
    atoms
        Number of each text condition; ``hits`` holds the numbers of those that occur.
    rules
        Conditions of the rules of the file, for references.

    Examples
    --------
    >>> gun, toy = Text("words", ("gun",)), Text("words", ("toy",))
    >>> decide = generate(All((gun, Not(toy))), {gun: 0, toy: 1}, {})
    >>> decide({0}, None), decide({0, 1}, None)
    (True, False)
    """
    constants: dict[str, frozenset[str]] = {}
    body = _Builder(atoms, rules, constants).node(condition)
    arguments = ast.arguments(
        posonlyargs=[],
        args=[ast.arg("hits"), ast.arg("facts")],
        kwonlyargs=[],
        kw_defaults=[],
        defaults=[],
    )
    tree = ast.fix_missing_locations(ast.Expression(ast.Lambda(arguments, body)))
    code = compile(tree, "<rule>", "eval")
    decide: Decide = eval(code, {"__builtins__": {}, **constants})  # noqa: S307  # our own tree
    return decide


def needs_no_text(condition: Condition, rules: Mapping[str, Condition]) -> bool:
    """Whether a condition could hold for a listing with none of its texts."""
    match condition:
        case Text():
            return False
        case Number() | Choice():
            return True
        case Reference(rule):
            return needs_no_text(rules[rule], rules)
        case Not():
            return True
        case All(parts):
            return all(needs_no_text(p, rules) for p in parts)
        case AnyOf(parts):
            return any(needs_no_text(p, rules) for p in parts)


class _Builder:
    def __init__(
        self,
        atoms: Mapping[Text, int],
        rules: Mapping[str, Condition],
        constants: dict[str, frozenset[str]],
    ) -> None:
        self.atoms, self.rules, self.constants = atoms, rules, constants

    def node(self, condition: Condition) -> ast.expr:
        match condition:
            case Text():
                number = ast.Constant(self.atoms[condition])
                return ast.Compare(number, [ast.In()], [_name("hits")])
            case Number():
                return self._number(condition)
            case Choice(kind, values, attribute):
                folded = frozenset(canonical(v) for v in values)
                constant = f"values{len(self.constants)}"
                self.constants[constant] = folded
                known = [ast.Constant(kind), ast.Constant(attribute), _name(constant)]
                return _ask("has_value", known)
            case Reference(rule):
                return self.node(self.rules[rule])
            case Not(part):
                return ast.UnaryOp(ast.Not(), self.node(part))
            case All(parts):
                return self._join(ast.And(), parts, empty=True)
            case AnyOf(parts):
                return self._join(ast.Or(), parts, empty=False)

    def _join(self, how: ast.boolop, parts: tuple[Condition, ...], empty: bool) -> ast.expr:
        nodes = [self.node(p) for p in parts]
        return ast.BoolOp(how, nodes) if len(nodes) > 1 else (nodes or [ast.Constant(empty)])[0]

    def _number(self, number: Number) -> ast.expr:
        asked = [ast.Constant(number.currency)] if number.kind == "price" else []
        bounds: list[ast.expr] = []
        for bound, sign in ((number.below, ast.Lt()), (number.above, ast.Gt())):
            if bound is not None:
                value = _ask(number.kind, asked)
                bounds.append(ast.Compare(value, [sign], [ast.Constant(bound)]))
        return bounds[0] if len(bounds) == 1 else ast.BoolOp(ast.And(), bounds)


def _name(name: str) -> ast.Name:
    return ast.Name(name, ast.Load())


def _ask(method: str, arguments: Sequence[ast.expr]) -> ast.Call:
    return ast.Call(ast.Attribute(_name("facts"), method, ast.Load()), list(arguments), [])
