#!/usr/bin/env bash
# Trains on a GPU that is at hand for minutes only: gpu_train.sh PACK OUT [MINUTES] [gpu_train.py's options for `run`].
# It stops by itself, at nine minutes at the latest, saves every minute, and goes on from OUT's checkpoint.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
pack=$1 out=$2 minutes=${3:-7}
shift $(($# < 3 ? $# : 3))
export PYTHONPATH="$root:$root/plugins:$root/drivers:$root/cli" PYTHONUNBUFFERED=1
exec timeout --signal=TERM --kill-after=30 540 python3 "$root/benchmarks/gpu_train.py" run "$pack" "$out" --minutes "$minutes" "$@"
