"""A fitted ranking in a folder: what is counted over all customers, the ranking, the names of items. No customer."""

import json
import os
from pathlib import Path
from typing import Any, cast

import numpy as np
from scipy import sparse

from noline.insight.recommend.features import Known
from noline.insight.recommend.fitting import Boosted, Decay, Fitted, Ranking
from noline.insight.recommend.linear import Linear
from noline.insight.recommend.model import ModelUnreadable
from noline.insight.recommend.statistics import ItemStatistics
from noline.insight.recommend.trees import Trees

_FORMAT = 1
_ARRAYS = "model.npz"


def save(fitted: Fitted, names: list[str], folder: Path, about: dict[str, Any]) -> None:
    """Write it; whoever reads meanwhile finds the old one or the new one. about: kept beside it, as JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, np.ndarray] = {}
    for name, value in fitted.known.items._asdict().items():
        arrays[f"items.{name}"] = np.asarray(value)
    for name in ("near", "along"):
        matrix: sparse.csr_array = getattr(fitted.known, name)
        arrays |= {f"{name}.{part}": getattr(matrix, part) for part in ("data", "indices", "indptr")}
    arrays["popular"] = fitted.known.popular
    ranking = fitted.ranking
    text = ranking.text if isinstance(ranking, Boosted) else None
    if isinstance(ranking, (Trees, Linear)):
        arrays |= {f"ranking.{name}": np.asarray(value) for name, value in ranking._asdict().items()}
    words = {
        "format": _FORMAT, "method": fitted.method, "chance": fitted.chance, "tried": fitted.tried,
        "moments": fitted.moments, "items": names, "boosted": text, "about": about,
    }  # fmt: skip
    arrays["words"] = np.frombuffer(json.dumps(words).encode(), np.uint8)
    parts = folder / f".{_ARRAYS}.{os.getpid()}"
    with parts.open("wb") as file:
        np.savez(file, allow_pickle=False, **cast("dict[str, Any]", arrays))
    parts.replace(folder / _ARRAYS)


def load(folder: Path) -> tuple[Fitted, list[str], dict[str, Any]] | None:
    """What was saved: the ranking, the names, and what was kept beside them; None where nothing was.

    Raises ModelUnreadable.
    """
    path = folder / _ARRAYS
    if not path.is_file():
        return None
    try:
        with np.load(path, allow_pickle=False) as kept:
            arrays = {name: kept[name] for name in kept.files}
        words = json.loads(arrays["words"].tobytes())
        if words["format"] != _FORMAT:
            return None
        return _fitted(arrays, words), words["items"], words["about"]
    except (KeyError, ValueError, OSError, EOFError) as error:
        raise ModelUnreadable(path=path, why=str(error)) from error


def _fitted(arrays: dict[str, np.ndarray], words: dict[str, Any]) -> Fitted:
    told: dict[str, Any] = {name: arrays[f"items.{name}"] for name in ItemStatistics._fields}
    told |= {"week_zero": float(told["week_zero"]), "total": int(told["total"])}
    items = ItemStatistics(**told)
    count = len(items.baskets)
    near, along = (
        sparse.csr_array(
            tuple(arrays[f"{name}.{part}"] for part in ("data", "indices", "indptr")), shape=(count, count)
        )
        for name in ("near", "along")
    )
    method, (slope, offset) = words["method"], words["chance"]
    tried = {name: (recall, ndcg, of) for name, (recall, ndcg, of) in words["tried"].items()}
    known = Known(items, near, along, arrays["popular"])
    return Fitted(known, method, _ranking(arrays, words), (slope, offset), tried, words["moments"])


def _ranking(arrays: dict[str, np.ndarray], words: dict[str, Any]) -> Ranking:
    def part(name: str) -> np.ndarray:
        return arrays[f"ranking.{name}"]

    if words["boosted"] is not None:
        return Boosted(words["boosted"])
    if words["method"] == "trees":
        return Trees(part("feature"), part("threshold"), part("leaf"), float(part("base")))
    if words["method"] == "linear":
        return Linear(part("cuts"), part("mean"), part("scale"), part("weights"))
    return Decay()
