#!/bin/sh
# Make or renew .venv from requirements.lock. Called by `make setup`; argument: an interpreter to use (may be empty).
# Every package is pinned by hash, the installer too. Where uv cannot be had, pip does the same, only slower.
set -eu
cd "$(dirname "$0")/.."
unset PYTHONHOME PYTHONPATH VIRTUAL_ENV 2>/dev/null || true

suitable() {
    # Runs it: a name on the PATH may be a shim that starts nothing, and Debian ships python3 without venv.
    "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

choose() {
    if [ -n "${1:-}" ]; then
        suitable "$1" && { echo "$1"; return; }
        echo "PYTHON=$1 is not Python 3.11 or newer with its venv module." >&2
        return 1
    fi
    for candidate in python3.13 python3.12 python3.11 python3.14 python3 python; do
        if suitable "$candidate"; then echo "$candidate"; return; fi
    done
    {
        echo "ไม่พบ Python 3.11 ขึ้นไป (พร้อมโมดูล venv) · No Python 3.11 or newer with its venv module was found."
        echo "  Debian, Ubuntu: apt install python3 python3-venv      macOS: brew install python@3.13"
        echo "  Another one: make setup PYTHON=/path/to/python3.12"
    } >&2
    return 1
}

started=$(date +%s)
# A .venv whose checkout was moved, or whose Python is gone or too old, cannot be mended.
if [ -e .venv ] && ! .venv/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    echo "The Python of .venv does not start or is too old: making .venv anew"
    rm -rf .venv
fi
if [ ! -e .venv ]; then
    python=$(choose "${1:-}") || exit 1
    echo "Environment: $("$python" --version) in .venv"
    "$python" -m venv .venv
fi

export PIP_DISABLE_PIP_VERSION_CHECK=1
py=.venv/bin/python
# uv's own entry of the lock, with its hashes.
sed -n '/^uv==/,/^    # via/p' requirements.lock > .venv/uv.txt
$py -m pip --version >/dev/null 2>&1 || $py -m ensurepip >/dev/null
# A package mirror set for pip is meant for uv too.
if [ -z "${UV_DEFAULT_INDEX:-}" ]; then
    mirror=${PIP_INDEX_URL:-$($py -m pip config get global.index-url 2>/dev/null || true)}
    [ -z "$mirror" ] || export UV_DEFAULT_INDEX="$mirror"
fi

install() {
    # Bytecode now, once: else every start of Dagster, dbt and Great Expectations compiles thousands of files
    # on machines that forbid Python to write beside its modules.
    echo "Installing $(sed -n 's/^\([a-z0-9._-]*\)==.*/\1/p' requirements.lock | sort -u | wc -l | tr -d ' ') locked packages ($1)"
    if [ "$1" = uv ]; then
        .venv/bin/uv pip install --quiet --python "$py" --compile-bytecode --require-hashes -r requirements.lock
    else
        # The lock is complete; pip's own resolver would only take long, and older ones stumble over extras.
        echo "This takes a few minutes."
        $py -m pip install -qq --no-deps --require-hashes -r requirements.lock
    fi
}

if $py -m pip install -qq --require-hashes -r .venv/uv.txt && .venv/bin/uv --version >/dev/null 2>&1; then
    install uv || { echo "uv could not install; trying pip" >&2; install pip; }
else
    echo "uv is not to be had here" >&2
    install pip
fi
# The project itself, in place; its build tool comes from the lock as well, so nothing is fetched.
$py -m pip install --quiet --no-deps --no-build-isolation --no-index -e .
# Servers for the tests, where nobody minds: containers. See there.
sh scripts/test-servers.sh
echo "Environment ready in $(($(date +%s) - started)) s"
