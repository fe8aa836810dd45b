"""What pyproject.toml cannot say: loops in C, an optional part of the install.

Where no compiler is found the install goes on without them, and NumPy counts (src/noline/stores/walks/kernels.py). They
are built on the stable interface of CPython 3.11, so one build serves every later version.
"""

import os
import sysconfig
from pathlib import Path

from setuptools import Extension, setup

STABLE = not sysconfig.get_config_var("Py_GIL_DISABLED")  # an interpreter without its lock has no stable interface


def loops(module: str, folder: str) -> Extension:
    """The loops of one folder, as one module."""
    return Extension(
        module,
        sources=sorted(str(path) for path in Path(folder).glob("*.c")),
        depends=sorted(str(path) for path in Path(folder).glob("*.h")),
        define_macros=[("Py_LIMITED_API", "0x030B0000")] if STABLE else [],
        extra_compile_args=[] if os.name == "nt" else ["-std=c11", "-O3"],
        py_limited_api=STABLE,
        optional=True,
    )


kernels = [
    loops("noline.stores.walks._kernels", "src/noline/stores/walks/c"),
    loops("noline.insight.credit._kernels", "src/noline/insight/credit/c"),
    loops("noline.insight.paths._kernels", "src/noline/insight/paths/c"),
]

setup(ext_modules=kernels, options={"bdist_wheel": {"py_limited_api": "cp311"}} if STABLE else {})
