"""check_regression beside SciPy, on the same 10,000 subsections of 2 x 100 samples, in the same run.

    cargo build --release -p perfreg-core --example check_regression_speed
    python check_regression_speed.py target/release/examples/check_regression_speed

Needs numpy and scipy. Times the decision alone (medians, MAD, U test), not the reading of files:
(a) SciPy called once a series, as the origin of the rule does; (b) one vectorised call over all
series; (c) perfreg. The three take turns, and the ratios are printed with their spread.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from scipy import stats

SUBSECTIONS, SAMPLES, ROUNDS = 10_000, 100, 5


def decide(delta, p, band):
    return (np.abs(delta) > band) & (p < 0.05) & (delta > 0)


def one_by_one(baseline, current):
    found = 0
    for old, new in zip(baseline, current):
        m_b, m_c = np.median(old), np.median(new)
        mad = np.median(np.abs(old - m_b))
        p = stats.mannwhitneyu(new, old, alternative="two-sided").pvalue
        found += bool(decide((m_c - m_b) / m_b * 100, p, max(1.0, 3 * mad / m_b * 100)))
    return found


def vectorised(baseline, current):
    m_b, m_c = np.median(baseline, axis=1), np.median(current, axis=1)
    mad = np.median(np.abs(baseline - m_b[:, None]), axis=1)
    p = stats.mannwhitneyu(current, baseline, alternative="two-sided", axis=1).pvalue
    return int(decide((m_c - m_b) / m_b * 100, p, np.maximum(1.0, 3 * mad / m_b * 100)).sum())


def timed(function, *arguments):
    begun = time.perf_counter()
    found = function(*arguments)
    return time.perf_counter() - begun, found


def main():
    binary = sys.argv[1]
    random = np.random.default_rng(7)
    baseline = random.lognormal(0, 0.02, (SUBSECTIONS, SAMPLES)) * 1000
    slower = np.where(np.arange(SUBSECTIONS) % 4 == 0, 1.1, 1.0)[:, None]
    current = random.lognormal(0, 0.02, (SUBSECTIONS, SAMPLES)) * 1000 * slower
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for name, data in (("baseline", baseline), ("current", current)):
            files.append(Path(folder, f"{name}.json"))
            series = {f"k{i}": list(row) for i, row in enumerate(data)}
            files[-1].write_text(json.dumps({"s": series}))
        rows = []
        for _ in range(ROUNDS):
            loop, found_loop = timed(one_by_one, baseline, current)
            vector, found_vector = timed(vectorised, baseline, current)
            output = subprocess.run([binary, *map(str, files), "5"], check=True, capture_output=True, text=True)
            lines = [line.split() for line in output.stdout.splitlines()]
            perfreg = float(np.median([float(seconds) for seconds, _ in lines]))
            assert found_loop == found_vector == int(lines[0][1]), "the three disagree"
            rows.append((loop / perfreg, vector / perfreg))
            print(f"loop {loop:.3f} s, vectorised {vector:.3f} s, perfreg {perfreg:.4f} s, {found_loop} regressions")
    for name, column in (("loop", 0), ("vectorised call", 1)):
        ratios = [row[column] for row in rows]
        print(f"perfreg is {np.median(ratios):.1f} times as fast as SciPy's {name} ({min(ratios):.1f} to {max(ratios):.1f})")


main()
