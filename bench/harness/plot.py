"""Bars with spread, as SVG: one picture a metric, one panel a workload.

No background and mid-grey text, so that a picture reads on a light page and on a dark one.
"""

from collections.abc import Mapping, Sequence
from html import escape

from .peers import BASELINES
from .summary import Cell, Metric, Spread

TEXT, FAINT = "#7a828c", "#8b949e"
BASE_FILL, PEER_FILL, BASELINE_FILL, FAILED = "#e8702a", "#5b8fc7", "#9aa0a6", "#d1495b"

WIDTH, COLUMNS, MARGIN = 880, 2, 16
LABEL_WIDTH, VALUE_WIDTH = 66, 84
BAR_HEIGHT, BAR_STEP = 16, 24
TITLE_HEIGHT, HEADING_HEIGHT, PANEL_GAP = 58, 26, 22


def picture(
    metric: Metric, table: Mapping[str, Mapping[str, Cell]], titles: Mapping[str, str], base: str,
    *, label_width: float = LABEL_WIDTH,
) -> str:
    panel_width = (WIDTH - MARGIN * (COLUMNS + 1)) / COLUMNS
    parts, y = [], TITLE_HEIGHT
    workloads = list(table)
    for start in range(0, len(workloads), COLUMNS):
        row = workloads[start : start + COLUMNS]
        for column, workload in enumerate(row):
            x = MARGIN + column * (panel_width + MARGIN)
            title = titles.get(workload, workload)
            parts += _panel(metric, table[workload], title, base, x, y, panel_width, label_width)
        y += max(HEADING_HEIGHT + BAR_STEP * len(table[workload]) for workload in row) + PANEL_GAP
    return "\n".join([*_head(metric, y), *parts, "</svg>"]) + "\n"


def curve(title: str, unit: str, points: Sequence[tuple[float, float]], bound: float, marks: Sequence[tuple[float, str]]) -> str:
    """One quantity over seconds, with the line that it should keep below, and what began when."""
    width, height, left = WIDTH - 2 * MARGIN - VALUE_WIDTH, 220, MARGIN + LABEL_WIDTH
    last, highest = max((x for x, _ in points), default=1) or 1, max([bound, *(y for _, y in points)])

    def at(x: float, y: float) -> str:
        return f"{left + x / last * (width - LABEL_WIDTH):.1f} {TITLE_HEIGHT + height - y / highest * height:.1f}"

    parts = [f'<path d="M{at(0, bound)}L{at(last, bound)}" stroke="{FAILED}" stroke-dasharray="5 4" fill="none"/>']
    for y in (0, bound):
        parts.append(_text(left - 8, float(at(0, y).split()[1]) + 4.5, f"{y:,.0f}", anchor="end"))
    for x, text in marks:
        parts.append(f'<path d="M{at(x, 0)}L{at(x, highest)}" stroke="{FAINT}" stroke-opacity="0.4" fill="none"/>')
        parts.append(_text(float(at(x, 0).split()[0]) + 3, TITLE_HEIGHT + height + 16, text, size=11))
    parts.append(f'<path d="M{"L".join(at(*point) for point in points)}" stroke="{BASE_FILL}" stroke-width="2" fill="none"/>' if points else "")
    note = f"{unit} over {last:,.0f} s; dashed: what it may be"
    return "\n".join([*_frame(title, note, TITLE_HEIGHT + height + 30), *filter(None, parts), "</svg>"]) + "\n"


def _head(metric: Metric, height: float) -> list[str]:
    better = "longer is better" if metric.higher_is_better else "shorter is better"
    return _frame(metric.title, f"{metric.unit}, {better}; bar: median, whisker: lowest to highest", height)


def _frame(title: str, note: str, height: float) -> list[str]:
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height:.0f}" '
        f'viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{escape(title)}" '
        'font-family="system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif" font-size="13">',
        _text(MARGIN, 24, title, size=17, weight=600),
        _text(MARGIN, 43, note, fill=FAINT),
    ]


def _panel(
    metric: Metric, row: Mapping[str, Cell], title: str, base: str, x: float, y: float, width: float,
    label_width: float,
) -> list[str]:
    spreads = {peer: cell.spreads.get(metric.key) for peer, cell in row.items()}
    longest = max((spread.high for spread in spreads.values() if spread), default=1) or 1
    scale = (width - label_width - VALUE_WIDTH) / longest
    parts = [_text(x, y + 14, title, weight=600)]
    for index, (peer, spread) in enumerate(spreads.items()):
        top = y + HEADING_HEIGHT + index * BAR_STEP
        bold = 600 if peer == base else 400
        parts.append(_text(x + label_width - 8, top + 12.5, peer, anchor="end", weight=bold))
        if spread:
            parts += _bar(metric, spread, _fill(peer, base), x + label_width, top, scale)
        else:
            parts.append(_text(x + label_width, top + 12.5, "failed", fill=FAILED))
    return parts


def _bar(metric: Metric, spread: Spread, fill: str, x: float, top: float, scale: float) -> list[str]:
    middle = top + BAR_HEIGHT / 2
    low, high = x + spread.low * scale, x + spread.high * scale
    length = max(spread.median * scale, 1)
    whisker = f"M{low:.1f} {middle:.1f}H{high:.1f}M{low:.1f} {middle - 4:.1f}v8M{high:.1f} {middle - 4:.1f}v8"
    return [
        f'<rect x="{x:.1f}" y="{top:.1f}" width="{length:.1f}" height="{BAR_HEIGHT}" rx="2" fill="{fill}"/>',
        # Dark with a light edge: seen on the bar, on a light page and on a dark one.
        f'<path d="{whisker}" stroke="#ffffff" stroke-opacity="0.6" stroke-width="4" fill="none"/>',
        f'<path d="{whisker}" stroke="#30363d" stroke-width="1.5" fill="none"/>',
        _text(max(x + length, high) + 6, top + 12.5, f"{spread.median:,.{metric.digits}f}"),
    ]


def _fill(peer: str, base: str) -> str:
    if peer == base:
        return BASE_FILL
    return BASELINE_FILL if peer in BASELINES else PEER_FILL


def _text(
    x: float, y: float, text: str, *, size: int = 13, weight: int = 400, anchor: str = "start", fill: str = TEXT
) -> str:
    style = f'font-size="{size}" font-weight="{weight}" text-anchor="{anchor}" fill="{fill}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {style}>{escape(text)}</text>'
