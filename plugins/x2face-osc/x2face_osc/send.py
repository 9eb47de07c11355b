"""`python -m x2face_osc.send take.csv --port 9000`: send a take of ARKit blendshapes in real time."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from pythonosc.udp_client import SimpleUDPClient
from x2face_blendshapes import Settings
from x2face_blendshapes.channels import HEAD, known
from x2face_blendshapes.performing import performed
from x2face_blendshapes.takes import read_take
from x2face_plugins import InputError

from x2face_osc.control_state import AXES, BLENDSHAPE


def send(path: Path, host: str, port: int, seconds: float | None = None) -> int:
    """Send each row of a take at its time: channels in the VMC protocol, and angles of the head in degrees.

    seconds: stop after this time. Returns the number of rows sent.
    """
    take = read_take(path)
    _, angles, _ = performed(take, Settings(input=path))
    channels = {name: column for given, column in take.channels.items() if (name := known(given)) and name not in HEAD}
    started = time.monotonic()
    with closing(SimpleUDPClient(host, port)) as client:
        for row, moment in enumerate(take.seconds):
            if seconds is not None and moment > seconds:
                return row
            time.sleep(max(0.0, started + moment - time.monotonic()))
            for name, column in channels.items():
                client.send_message(BLENDSHAPE, [name, float(column[row])])
            for axis, angle in zip(AXES, angles[row], strict=True):
                client.send_message(f"/head/{axis}", float(angle))
    return len(take.seconds)


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns exit code 0, or 3 with an error message if the take cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m x2face_osc.send", description="Play a take by OSC over UDP.")
    parser.add_argument("take", type=Path, help="a CSV as Live Link Face writes it")
    parser.add_argument("--port", type=int, default=9000, help="(default: %(default)s)")
    parser.add_argument("--host", default="127.0.0.1", help="(default: %(default)s)")
    given = parser.parse_args(arguments)
    try:
        send(given.take, given.host, given.port)
    except (InputError, OSError) as error:
        sys.stderr.write(f"{parser.prog}: error: {error}\n")
        return 3
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
