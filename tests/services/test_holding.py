from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest

from services.holding import FolderHolders, Holder

ROOT = Path(__file__).parents[2]
PROGRAM = """
import sys
from pathlib import Path
from uuid import UUID
from services.holding import Holder
holder = Holder(Path(sys.argv[1]), UUID(int=7))
print(holder.id, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "holders"


@pytest.fixture
def other_program(folder):
    """Another program that holds, until it is told to go or is killed."""
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(folder)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    program.told = program.stdout.readline().strip()
    yield program
    program.kill()
    program.communicate()


def test_a_holder_is_alive_until_it_lets_go(folder):
    holder = Holder(folder, UUID(int=1))
    assert FolderHolders(folder).is_alive(holder.id)
    holder.release()
    holder.release()
    assert not FolderHolders(folder).is_alive(holder.id)
    assert list(folder.iterdir()) == []


def test_who_never_was_is_not_alive(folder):
    assert not FolderHolders(folder).is_alive("nobody")


def test_a_killed_program_holds_nothing_from_that_moment(folder, other_program):
    holders = FolderHolders(folder)
    assert holders.is_alive(other_program.told)
    other_program.kill()
    other_program.wait()
    assert (folder / other_program.told).exists()
    assert not holders.is_alive(other_program.told)


def test_asking_does_not_free_a_living_holder(folder, other_program):
    holders = FolderHolders(folder)
    assert [holders.is_alive(other_program.told) for _ in range(3)] == [True] * 3


def test_a_new_program_clears_the_dead_and_leaves_the_living(folder, other_program):
    dead = folder / "dead"
    dead.touch()
    holder = Holder(folder, UUID(int=2))
    assert sorted(path.name for path in folder.iterdir()) == sorted([other_program.told, holder.id])
    holder.release()
