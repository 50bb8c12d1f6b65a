"""Tables and numbers as the reports write them."""


def grid(head: list[str], rows: list[list[str]], align: str = "---:") -> str:
    lines = [head, ["---", *(align for _ in head[1:])], *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def number(value: float, digits: int) -> str:
    return f"{value:,.{digits}f}"


def percent(share: float) -> str:
    return f"{share * 100:.0f} %"


def one_line(text: str) -> str:
    first, *rest = text.splitlines()
    return first + (f" - `{' / '.join(line.strip().replace('`', chr(39)) for line in rest)}`" if rest else "")


def rounded(value: object) -> object:
    """For JSON: nobody reads the fifth digit."""
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {key: rounded(inner) for key, inner in value.items()}
    return [rounded(inner) for inner in value] if isinstance(value, (list, tuple)) else value
