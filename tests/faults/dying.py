"""The whole program, killed between a case and its receipt: python -m tests.faults.dying run.

The environment's DIES_AT says of how many cases that it takes in, the last one is the one.
"""

from __future__ import annotations

import os

from bot.__main__ import app
from tests.faults.receiver import kill_before

if __name__ == "__main__":
    kill_before("INSERT INTO outbox", case=int(os.environ["DIES_AT"]))
    app()
