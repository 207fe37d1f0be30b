#!/usr/bin/env bash
# Usage: tools/setup.sh VENV LOCK [PYTHON]
# Makes the environment VENV and installs the lock file LOCK into it; safe to repeat.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

venv=$1
lock=$2
wanted=${3:-}
here=$(pwd -P)
ready=$venv/.ready-$lock
torch_index=https://download.pytorch.org/whl/cpu/torch/

fail() {
    printf 'Set-up failed: %s\n' "$1" >&2
    exit 1
}

recent() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    local name
    if [ -n "$wanted" ]; then
        recent "$wanted" || fail "'$wanted' is not Python 3.11 or newer. Name another: make setup PYTHON=python3.12"
        echo "$wanted"
        return
    fi
    for name in python3 python3.13 python3.12 python3.11; do
        if recent "$name"; then
            echo "$name"
            return
        fi
    done
    fail "found no Python 3.11 or newer (python3 is: $(python3 --version 2>&1 || true)).
Install it, or say where it is: make setup PYTHON=/path/to/python3.12"
}

# Debian and Ubuntu keep ensurepip, which venv needs, in a package of its own.
ensure_venv_module() {
    "$1" -c 'import ensurepip, venv' 2>/dev/null && return
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "This Python has no ensurepip: installing python3-venv with apt-get ..."
        { apt-get update -q && apt-get install -q -y --no-install-recommends python3-venv; } >&2 || true
        "$1" -c 'import ensurepip, venv' 2>/dev/null && return
    fi
    fail "$1 cannot make environments (its modules venv and ensurepip are missing).
On Debian and Ubuntu: sudo apt-get install python3-venv"
}

usable() {
    [ -x "$venv/bin/python" ] && "$venv/bin/python" -m pip --version >/dev/null 2>&1 || return 1
    [ ! -e "$ready" ] || [ "$(cat "$ready")" = "$here" ]
}

# The builds of PyTorch for one kind of machine are not on PyPI, whose build for Linux brings CUDA.
choose_torch() {
    if [ -n "${UV_TORCH_BACKEND:-}" ]; then
        echo "PyTorch: the build $UV_TORCH_BACKEND, as UV_TORCH_BACKEND says."
        return
    fi
    unset UV_TORCH_BACKEND
    if [ "$(uname -s)" != Linux ]; then
        return
    elif timeout 10 "$venv/bin/python" -c 'import sys, urllib.request as r
r.urlopen(r.Request(sys.argv[1], method="HEAD"), timeout=5)' "$torch_index" 2>/dev/null; then
        export UV_TORCH_BACKEND=auto
        echo "PyTorch: the build that fits this machine, without CUDA where it has no GPU."
    else
        echo "PyTorch: the build on PyPI, with CUDA (some 3 GB), for ${torch_index%%/whl*} cannot be reached."
    fi
}

if ! usable; then
    python=$(find_python)
    ensure_venv_module "$python"
    echo "Making $venv with $("$python" --version) ..."
    "$python" -m venv --clear "$venv"
fi
rm -f "$ready"

uv=$(grep -oE '^uv==[^ ;]+' "$lock") || fail "$lock pins no uv: run 'make lock'"
"$venv/bin/python" -m pip install --quiet "$uv" || fail "pip could not install $uv: see above"

choose_torch
echo "Installing $lock (the first time some minutes) ..."
"$venv/bin/uv" pip install --python "$venv/bin/python" --requirements "$lock" ||
    fail "uv could not install $lock: see above"
if grep -q '^sphinxcontrib-katex==' "$lock"; then
    "$venv/bin/python" -m tools.web_files || exit 1 # it says what is wrong
fi
echo "$here" >"$ready"
