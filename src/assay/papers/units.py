r"""Writes what siunitx sets: ``\num{1.2e9}`` is ``1.2×10^9``, and ``\SI{80}{\giga\byte}`` is ``80 GB``."""

# ruff: noqa: S105 - TeX's tokens are no passwords

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple


class NumberStyle(NamedTuple):
    """How a paper lets its numbers be set."""

    spread_apart: bool = False
    """Whether ``1.23(4)`` is set as ``1.23 ± 0.04``."""
    grouped_by_comma: bool = False
    """Whether a comma only groups digits; else it is a decimal mark, as siunitx has it."""


def number_style(options: str, otherwise: NumberStyle | None = None) -> NumberStyle:
    r"""The style that the options of ``\sisetup`` or of one number ask for."""
    style = otherwise or NumberStyle()
    folded = re.sub(r"\s+", "", options)
    if re.search(r"separate-uncertainty(?!-)(?!=false)|uncertainty-mode=separate", folded):
        style = style._replace(spread_apart=True)
    if re.search(r"(?:input-ignore|input-digits|group-separator)=\{?[^=]*,\}?", folded):
        style = style._replace(grouped_by_comma=True)
    return style


def write_number(typed: str, style: NumberStyle = NumberStyle()) -> str:  # noqa: B008 - it cannot be changed
    """A number as it is printed; what is no number stays as it is."""
    plain = re.sub(r"\s+", "", typed).replace("+-", "±").replace(r"\pm", "±").replace("−", "-")
    numbers = [_write_one(part, style) for part in re.split("[x×]", plain)]
    return " × ".join(number for number in numbers if number) if all(numbers) else " ".join(typed.split())


def _write_one(plain: str, style: NumberStyle) -> str | None:
    """One number as it is printed; ``None`` for what is none."""
    if style.grouped_by_comma or plain.count(",") > 1:
        plain = plain.replace(",", "")
    match = _NUMBER.fullmatch(plain.replace(",", "."))
    if match is None or not (match["whole"] or match["part"] or match["exponent"]):
        return None
    value = match["sign"] + (match["whole"] or ("0" if match["part"] else ""))
    value += f".{match['part']}" if match["part"] else ""
    spread = match["spread"]
    if match["last"] and style.spread_apart:
        spread = _last_digits(match["last"], len(match["part"] or ""))
    elif match["last"]:
        value += f"({match['last']})"
    if spread:
        value += f" ± {spread}"
    if not match["exponent"]:
        return value
    power = f"10^{match['exponent'].lstrip('+')}"
    return f"({value})×{power}" if spread else f"{value}×{power}" if value not in {"", "-"} else value + power


_NUMBER = re.compile(
    r"(?P<sign>[-+<>≤≥≈~]*)(?P<whole>\d*)(?:\.(?P<part>\d*))?(?:\((?P<last>[\d.]+)\)|±(?P<spread>[\d.]+))?"
    r"(?:[eEdD](?P<exponent>[-+]?\d+))?"
)


def _last_digits(digits: str, places: int) -> str:
    """The spread that stands in brackets behind a number, in its last digits."""
    if "." in digits or not places:
        return digits
    padded = digits.rjust(places + 1, "0")
    return f"{padded[:-places]}.{padded[-places:]}"


def write_angle(typed: str) -> str:
    """An angle: ``45`` is ``45°``, and ``1;2;3`` is ``1°2′3″``."""
    return "".join(part.strip() + mark for part, mark in zip(typed.split(";"), "°′″", strict=False) if part.strip())


def write_quantity(number: str, unit: str) -> str:
    """A number with its unit, without a space before a sign such as ``%``."""
    return f"{number}{'' if not unit or unit[0] in '%°′″' else ' '}{unit}"


def write_series(numbers: Sequence[str], unit: str, *, is_range: bool) -> str:
    """Several numbers, each with the unit: ``10% to 20%``, or ``1, 2 and 3``."""
    quantities = [write_quantity(number, unit) for number in numbers if number]
    if is_range:
        return " to ".join(quantities)
    *most, last = quantities or [""]
    return f"{', '.join(most)} and {last}" if most else last


def write_unit(tokens: Sequence[str]) -> str:
    r"""A unit out of TeX's tokens: ``\giga\byte`` is ``GB``, ``\meter\per\second`` is ``m/s``."""
    over: list[str] = []
    under: list[str] = []
    prefix, power, is_under = "", "", False
    plain = iter(tokens)
    for token in plain:
        name = token[1:] if token[:1] == "\\" else ""
        if name == "per":
            is_under = True
        elif name in _PREFIXES:
            prefix += _PREFIXES[name]
        elif name in _POWERS_BEFORE:
            power = _POWERS_BEFORE[name]
        elif name in _POWERS_AFTER or name in {"tothe", "raiseto"}:
            side = under if under and not is_under else over or under
            exponent = _POWERS_AFTER.get(name) or f"^{_braced(plain)}"
            if name == "raiseto":
                power = exponent
            elif side:
                side[-1] += exponent
        elif name in {"of", "highlight", "cancel"}:
            pass
        elif symbol := _UNITS.get(name, token if not name else "" if name in _SPACES else name):
            if symbol in "{} ~.":
                continue
            (under if is_under else over).append(prefix + symbol + power)
            prefix, power, is_under = "", "", False
    return _over_and_under(over, under)


def _over_and_under(over: Sequence[str], under: Sequence[str]) -> str:
    above, below = ("·".join(side).replace("W·h", "Wh").replace("·/·", "/") for side in (over, under))
    for mark in ("/", "^", "_"):
        above = above.replace(f"·{mark}", mark).replace(f"{mark}·", mark)
    if not below:
        return above
    return f"{above or '1'}/{f'({below})' if len(under) > 1 else below}"


def _braced(tokens: Iterator[str]) -> str:
    """What stands in the next braces."""
    digits = ""
    for token in tokens:
        if token == "}" or (token != "{" and not digits and len(token) == 1):
            return digits or token
        digits += token if token != "{" else ""
    return digits


_SPACES = frozenset({",", " ", "!", ";", "cdot", "text", "mathrm", "textrm", "xspace", "rm"})
_POWERS_BEFORE = {"square": "^2", "cubic": "^3"}
_POWERS_AFTER = {"squared": "^2", "cubed": "^3"}
_PREFIXES: Final = {
    "yocto": "y", "zepto": "z", "atto": "a", "femto": "f", "pico": "p", "nano": "n", "micro": "µ", "milli": "m",
    "centi": "c", "deci": "d", "deca": "da", "deka": "da", "hecto": "h", "kilo": "k", "mega": "M", "giga": "G",
    "tera": "T", "peta": "P", "exa": "E", "zetta": "Z", "yotta": "Y", "kibi": "Ki", "mebi": "Mi", "gibi": "Gi",
    "tebi": "Ti", "pebi": "Pi", "exbi": "Ei",
}  # fmt: skip
_UNITS: Final = {
    "metre": "m", "meter": "m", "gram": "g", "kilogram": "kg", "second": "s", "ampere": "A", "kelvin": "K",
    "mole": "mol", "candela": "cd", "hertz": "Hz", "newton": "N", "pascal": "Pa", "joule": "J", "watt": "W",
    "coulomb": "C", "volt": "V", "farad": "F", "ohm": "Ω", "siemens": "S", "weber": "Wb", "tesla": "T", "henry": "H",
    "lumen": "lm", "lux": "lx", "becquerel": "Bq", "gray": "Gy", "sievert": "Sv", "degreeCelsius": "°C",
    "celsius": "°C", "degree": "°", "arcminute": "′", "arcsecond": "″", "minute": "min", "hour": "h", "day": "d",
    "year": "yr", "litre": "L", "liter": "L", "tonne": "t", "hectare": "ha", "bar": "bar", "electronvolt": "eV",
    "dalton": "Da", "decibel": "dB", "bel": "B", "neper": "Np", "percent": "%", "permille": "‰", "byte": "B",
    "bit": "bit", "radian": "rad", "steradian": "sr", "angstrom": "Å", "micron": "µm", "bohr": "a0",
    "astronomicalunit": "au", "lightyear": "ly", "parsec": "pc", "us": "µs", "um": "µm", "ug": "µg", "uW": "µW",
    "uV": "µV", "uA": "µA", "uJ": "µJ", "ul": "µL", "uL": "µL", "degC": "°C", "celsiusdegree": "°C", "EUR": "€",
    "euro": "€", "pounds": "£", "$": "$", "%": "%", "ohms": "Ω", "textdegree": "°", "circ": "°", "mu": "µ",
}  # fmt: skip
