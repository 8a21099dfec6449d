"""Items in DynamoDB's wire form: random ones of every type, their equality, and small damage to
them.

Two items are equal here as DynamoDB sees it: numbers by value to 38 digits, sets and maps without
order. This is a second implementation on purpose: the monitor's own is what the tests judge by
it.
"""

from __future__ import annotations

import random
from decimal import Context, Decimal
from typing import Any

Value = dict[str, Any]
Item = dict[str, Value]

# Enough for every number that DynamoDB takes: 38 digits, exponents to ±130.
EXACT = Context(prec=60, Emin=-999, Emax=999)

WORDS = ["order", "注文", "größe", "naïve", "emoji 🚚", "e\u0301 is not é", "\"quoted\"",
         "tab\tand\nline", "back\\slash", "\u0000\u0001 control", "x" * 90, ""]
NUMBERS = ["0", "1", "-1", "3.14", "-0.5", "1E-130", "9.9999999999999999999999999999999999999E+125",
           "12345678901234567890123456789012345678", "-99999999999999999999999999999999999999",
           "0.1234567890123456789012345678901234567", "1E+20", "100", "1.5E-7"]


def number_value(text: str) -> Decimal:
    return EXACT.create_decimal(text)


def canonical(value: Value) -> Any:
    """A hashable form that is equal exactly for equal values."""
    (kind, content), = value.items()
    if kind == "N":
        return kind, number_value(content)
    if kind == "NS":
        return kind, frozenset(number_value(number) for number in content)
    if kind in ("SS", "BS"):
        return kind, frozenset(content)
    if kind == "L":
        return kind, tuple(canonical(element) for element in content)
    if kind == "M":
        return kind, canonical_item(content)
    return kind, content


def canonical_item(item: Item) -> frozenset[tuple[str, Any]]:
    return frozenset((name, canonical(value)) for name, value in item.items())


def restore_empty_maps(value: Value) -> Value:
    """DynamoDB Local drops the type of an empty map inside a stream's image: {} is {"M": {}}."""
    if not value:
        return {"M": {}}
    (kind, content), = value.items()
    if kind == "L":
        return {kind: [restore_empty_maps(element) for element in content]}
    if kind == "M":
        return {kind: restore_image(content)}
    return value


def restore_image(image: Item) -> Item:
    return {name: restore_empty_maps(value) for name, value in image.items()}


def random_scalar(rng: random.Random) -> Value:
    match rng.randrange(5):
        case 0:
            return {"S": rng.choice(WORDS)}
        case 1:
            return {"N": rng.choice(NUMBERS)}
        case 2:
            return {"B": rng.randbytes(rng.choice([0, 1, 16, 64]))}
        case 3:
            return {"BOOL": rng.random() < 0.5}
        case _:
            return {"NULL": True}


def random_set(rng: random.Random) -> Value:
    match rng.randrange(3):
        case 0:
            return {"SS": rng.sample([word for word in WORDS if word], rng.randint(1, 4))}
        case 1:
            return {"NS": rng.sample(NUMBERS, rng.randint(1, 4))}
        case _:
            return {"BS": [bytes([byte, 255 - byte]) for byte in range(rng.randint(1, 3))]}


def random_value(rng: random.Random, depth: int = 0) -> Value:
    choice = rng.random()
    if choice < 0.6 or depth == 4:
        return random_scalar(rng)
    if choice < 0.75:
        return random_set(rng)
    elements = [random_value(rng, depth + 1) for _ in range(rng.randint(0, 3))]
    if choice < 0.87:
        return {"L": elements}
    return {"M": {f"field {number}": element for number, element in enumerate(elements)}}


def random_attributes(rng: random.Random) -> Item:
    """Some of the attributes a0 … a7, so that changes add and remove attributes as well."""
    return {f"a{number}": random_value(rng) for number in rng.sample(range(8), rng.randint(1, 6))}


def altered(item: Item, rng: random.Random) -> Item:
    """The item with one small fault, of the kind that replicators really make."""
    match rng.randrange(3):
        case 0:
            return item | {"a0": {"S": f"altered {rng.random()}"}}
        case 1:
            return item | {"extra": {"N": "1"}}
        case _:
            return item | {"nested": {"M": {"deep": {"L": [{"BOOL": True}, {"M": {}}]}}}}
