"""What others make of the same journeys: run by a Python of its own that has their packages, never by ours.

`python credit_peer.py QUESTION FILE ORDER` reads journeys (arrays of NumPy in one file) and prints one line of JSON:
the CPU seconds, of preparing their input and of answering, and the conversions of each channel.
"""

import json
import sys
import time
from itertools import pairwise
from pathlib import Path


def main() -> None:
    """Answer one question about a file of journeys."""
    question, path, order = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    began = time.process_time()
    answer = {"shapley": _shapley, "markov": _markov}[question]
    sys.stdout.write(json.dumps(answer(path, order, began)) + "\n")


def _shapley(path: Path, _order: int, began: float) -> dict[str, object]:
    import numpy as np
    from shapley_attribution import SimplifiedShapleyAttribution

    told = np.load(path, allow_pickle=False)
    codes, ends = told["codes"].tolist(), told["offsets"].tolist()
    won = np.flatnonzero(told["converted"]).tolist()
    lists = [codes[ends[number] : ends[number + 1]] for number in won]
    ready = time.process_time()
    found = SimplifiedShapleyAttribution().fit(lists).get_attribution()
    done = time.process_time()
    return {"prepared": ready - began, "answered": done - ready,
            "conversions": {str(name): float(value) for name, value in found.items()}}  # fmt: skip


def _markov(path: Path, order: int, began: float) -> dict[str, object]:
    import contextlib
    import io

    import numpy as np
    import pandas as pd

    with contextlib.redirect_stdout(io.StringIO()):
        import ChannelAttribution as Peer

    told = np.load(path, allow_pickle=False)
    codes, ends = told["codes"].astype(str).tolist(), told["offsets"].tolist()
    texts = [">".join(codes[first:last]) for first, last in pairwise(ends)]
    rows = pd.DataFrame({"path": texts, "won": told["converted"], "lost": 1 - told["converted"]})
    rows = rows.groupby("path", as_index=False).sum()
    ready = time.process_time()
    with contextlib.redirect_stdout(io.StringIO()):
        found = Peer.markov_model(rows, "path", "won", var_null="lost", order=order, verbose=False, flg_pro=False)
    done = time.process_time()
    found = found["result"] if isinstance(found, dict) else found
    shares = dict(zip(found.iloc[:, 0].astype(str), found.iloc[:, 1].astype(float), strict=True))
    return {"prepared": ready - began, "answered": done - ready, "conversions": shares}


if __name__ == "__main__":
    main()
