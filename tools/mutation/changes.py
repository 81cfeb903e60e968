"""Make mutants of a file: each has one small change in one function.

The kinds of changes are mutmut's. Its own runner skips functions with decorators, among them all
that run in a transaction, so `mutation.runner` takes its place. Constants of modules and classes
are not changed.
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator
from pathlib import Path

import libcst as cst
from mutmut.mutation.mutators import mutation_operators

from mutation.runner import Mutant

# Types are not checked when code runs, and these calls rarely mean anything with other arguments.
SKIPPED = (cst.Annotation, cst.Decorator)
SKIPPED_CALLS = {"len", "isinstance"}


def mutants_of(path: Path, module: str) -> Iterator[Mutant]:
    """Yield all mutants of a file that differ from it and from each other when they run."""
    original = cst.MetadataWrapper(cst.parse_module(path.read_text())).module
    seen = {_meaning(original.code)}
    for name, function in _functions(original):
        for old, new in _changes(function):
            source = cst.ensure_type(original.deep_replace(old, new), cst.Module).code
            try:
                meaning = _meaning(source)
            except SyntaxError:
                continue
            if meaning not in seen:
                seen.add(meaning)
                yield Mutant(module, name, source, _difference(original.code, source))


def _functions(module: cst.Module) -> Iterator[tuple[str, cst.FunctionDef]]:
    """Yield the functions of a module and the methods of its classes."""
    for statement in module.body:
        if isinstance(statement, cst.FunctionDef):
            yield statement.name.value, statement
        elif isinstance(statement, cst.ClassDef):
            for member in statement.body.body:
                if isinstance(member, cst.FunctionDef):
                    yield f"{statement.name.value}.{member.name.value}", member


def _changes(node: cst.CSTNode) -> Iterator[tuple[cst.CSTNode, cst.CSTNode]]:
    """Yield each node in a node with what may replace it."""
    if isinstance(node, SKIPPED):
        return
    if isinstance(node, cst.SimpleString) and " " in node.value:
        return  # a text for people: its words decide nothing
    if isinstance(node, cst.Call) and getattr(node.func, "value", None) in SKIPPED_CALLS:
        return
    for kind, operator in mutation_operators:
        if isinstance(node, kind):
            yield from ((node, new) for new in operator(node))
    for child in node.children:
        yield from _changes(child)


def _meaning(source: str) -> str:
    return ast.dump(ast.parse(source))


def _difference(before: str, after: str) -> str:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    return "\n".join(f"    {line}" for line in lines if not line.startswith(("---", "+++", "@@")))
