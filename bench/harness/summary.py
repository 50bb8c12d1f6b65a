"""Medians, spreads, ratios, and where Mote loses.

A ratio is taken within one round - the peers of a round ran within a minute or two of each other - and then the median
over the rounds, so that a machine that changes its speed during the run changes the ratios little.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from .peers import BASELINES


@dataclass(frozen=True)
class Metric:
    key: str
    title: str
    unit: str
    higher_is_better: bool
    digits: int


METRICS = (
    Metric("requests_per_s", "Requests a second, 32 connections", "req/s", True, 0),
    Metric("cpu_us", "CPU time a request, 32 connections", "us", False, 1),
    Metric("p50_ms", "Latency p50, 32 connections", "ms", False, 2),
    Metric("p99_ms", "Latency p99, 32 connections", "ms", False, 2),
    Metric("single_p50_ms", "Latency p50, 1 connection", "ms", False, 3),
    Metric("single_p99_ms", "Latency p99, 1 connection", "ms", False, 3),
    Metric("single_cpu_us", "CPU time a request, 1 connection", "us", False, 1),
    Metric("start_ms", "Process start to first response", "ms", False, 1),
    Metric("idle_rss_mib", "Resident memory, idle", "MiB", False, 1),
    Metric("idle_pss_mib", "Proportional memory (PSS), idle", "MiB", False, 1),
    Metric("loaded_rss_mib", "Resident memory after load", "MiB", False, 1),
    Metric("loaded_pss_mib", "Proportional memory (PSS) after load", "MiB", False, 1),
    Metric("peak_rss_mib", "Resident memory, peak", "MiB", False, 1),
)
METRIC = {metric.key: metric for metric in METRICS}
# Shares of one core: the server's core as a whole, what the server took of it, what others took, and what wrk took of
# its own core.
DIAGNOSTICS = ("core_busy", "server_busy", "foreign_busy", "generator_busy")


@dataclass(frozen=True)
class Sample:
    """What one visit gave: numbers, or an error."""

    workload: str
    peer: str
    round: int
    values: dict[str, float]
    error: str = ""
    remark: str = ""


@dataclass(frozen=True)
class Spread:
    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: list[float]) -> "Spread":
        return cls(median(values), min(values), max(values))


@dataclass(frozen=True)
class Cell:
    """One peer on one workload. `rounds` is how many visits succeeded; without one there are no spreads."""

    spreads: dict[str, Spread]
    ratios: dict[str, Spread]
    rounds: int
    errors: tuple[str, ...]
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class Loss:
    """A metric that one or more peers are better at than the base, best first."""

    workload: str
    metric: Metric
    base: Spread
    better: tuple[tuple[str, Spread], ...]
    # The spreads of the rounds' ratios all reach across 1: another run may say otherwise.
    in_the_noise: bool


def summarise(samples: list[Sample], base: str) -> dict[str, dict[str, Cell]]:
    """workload -> peer -> cell, in the order of the samples."""
    table: dict[str, dict[str, list[Sample]]] = {}
    for sample in samples:
        table.setdefault(sample.workload, {}).setdefault(sample.peer, []).append(sample)
    return {
        workload: {peer: _cell(visits, row.get(base, [])) for peer, visits in row.items()}
        for workload, row in table.items()
    }


def losses(table: dict[str, dict[str, Cell]], base: str) -> list[Loss]:
    found = []
    for workload, row in table.items():
        if base not in row:
            continue
        for metric in METRICS:
            better = [
                (peer, cell.ratios[metric.key])
                for peer, cell in row.items()
                if peer != base and peer not in BASELINES and metric.key in cell.ratios
                and _is_better(metric, cell.ratios[metric.key].median)
            ]
            if better:
                better.sort(key=lambda entry: entry[1].median, reverse=metric.higher_is_better)
                noise = all(ratio.low <= 1 <= ratio.high for _, ratio in better)
                found.append(Loss(workload, metric, row[base].spreads[metric.key], tuple(better), noise))
    return found


class Reasons:
    """bench/reasons.toml: why Mote loses where it does, written by hand."""

    def __init__(self, path: Path):
        data = tomllib.loads(path.read_text()) if path.is_file() else {}
        self._entries = data.get("reason", [])
        for entry in self._entries:
            if not entry.get("why") or not _metrics(entry) or not _metrics(entry) <= METRIC.keys():
                raise ValueError(f"{path.name}: a [[reason]] needs `why` and known metrics: {entry}")

    def find(self, loss: Loss) -> str:
        """The first entry for this metric and this workload; an entry without a workload is for every one."""
        for entry in self._entries:
            if loss.metric.key in _metrics(entry) and entry.get("workload", loss.workload) == loss.workload:
                return entry["why"].strip()
        return ""


def _cell(visits: list[Sample], base_visits: list[Sample]) -> Cell:
    good = [visit for visit in visits if not visit.error]
    base_by_round = {visit.round: visit.values for visit in base_visits if not visit.error}
    spreads, ratios = {}, {}
    for key in (*METRIC, *DIAGNOSTICS):
        values = [visit.values[key] for visit in good if key in visit.values]
        if values:
            spreads[key] = Spread.of(values)
        pairs = [
            visit.values[key] / base_by_round[visit.round][key]
            for visit in good
            if key in visit.values and base_by_round.get(visit.round, {}).get(key)
        ]
        if pairs and key in METRIC:
            ratios[key] = Spread.of(pairs)
    errors = tuple(dict.fromkeys(visit.error for visit in visits if visit.error))
    remarks = tuple(dict.fromkeys(visit.remark for visit in good if visit.remark))
    return Cell(spreads, ratios, len(good), errors, remarks)


def _metrics(entry: dict) -> set[str]:
    named = entry.get("metric", [])
    return {named} if isinstance(named, str) else set(named)


def _is_better(metric: Metric, ratio: float) -> bool:
    return ratio > 1 if metric.higher_is_better else ratio < 1
