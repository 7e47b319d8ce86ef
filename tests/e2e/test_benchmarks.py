"""What is measured by hand now and then still runs when it is wanted; how fast is no test's matter."""

from __future__ import annotations

import importlib
import os
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import benchmarks

pytestmark = pytest.mark.e2e

ROOT = Path(benchmarks.__path__[0]).parent
MODULES = sorted(found.name for found in pkgutil.walk_packages(benchmarks.__path__, "benchmarks."))
SMALL = ("--customers", "60", "--past-orders", "60", "--orders", "20", "--consoles", "2")


@pytest.mark.parametrize("module", MODULES)
def test_each_program_finds_what_it_imports(module: str) -> None:
    importlib.import_module(module)


@pytest.mark.parametrize("part, said", [("orders", "8 clients"), ("feeds", "changed articles")])
def test_what_a_central_carries_is_measured(tmp_path: Path, part: str, said: str) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-W", "ignore", "-m", "benchmarks.central"),
            *("--database", "sqlite", "--parts", part, *SMALL),
        ],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    assert said in done.stdout
