# `just` lists what there is. Everything expects an environment with `pip install -e ".[dev]"`.

default:
    @just --list

# what a change has to pass before it is committed
check: lint types rooms test

# style
lint:
    ruff check
    ruff format --check

# put right what of the style can be put right by itself
format:
    ruff check --fix
    ruff format

# types
types:
    mypy

# who imports whom
rooms:
    lint-imports

# tests; `just test -m "not slow"` for the quick ones
test *arguments:
    pytest -n 2 {{arguments}}

# what is over in a minute: geometry, streams, networks, the host
quick:
    pytest -q -m "not slow and not weights" tests/core/geometry tests/core/streaming tests/core/test_warping.py tests/core/test_networks.py tests/plugins/test_registry.py tests/plugins/test_settings.py

# the studio in a browser: needs `pip install -e ".[dev,web,browser]"` and a Chromium of the system ($X2FACE_CHROMIUM names another)
browser *arguments:
    pytest -m browser tests/cli/web {{arguments}}

# the documentation, into site/; its command line page is generated: python docs/reference.py
docs:
    mkdocs build --strict

# speed and memory, into docs/performance.md; needs the extra benchmark and an idle machine
benchmark *arguments:
    python benchmarks/run.py -o docs/performance.md {{arguments}}

# all of it as a newcomer has it: a clean clone, a fresh environment
ci:
    .ci/run
