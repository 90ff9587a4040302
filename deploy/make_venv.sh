#!/usr/bin/env bash
# make_venv.sh PYTHON FOLDER: a virtual environment with a current pip, or one sentence that says how to get there.
set -euo pipefail
python=$1 folder=$2

if ! command -v "$python" >/dev/null; then
    echo "There is no $python here. Install it: sudo apt-get install python3 python3-venv" >&2
    exit 1
fi
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "Cầu Thang needs Python 3.11 or newer; $python is $("$python" -V 2>&1 | cut -d' ' -f2)." \
        "Name a newer one: make PYTHON=python3.12 …" >&2
    exit 1
fi
# Debian and Ubuntu keep ensurepip in a package of its own. With python3-pip that package is not needed.
if "$python" -c 'import venv; from ensurepip import version' 2>/dev/null; then
    "$python" -m venv --clear "$folder"
elif "$python" -c 'import venv; from pip import __version__' 2>/dev/null; then
    "$python" -m venv --clear --without-pip "$folder"
    "$python" -m pip --quiet --python "$folder/bin/python" install pip
else
    echo "This Python cannot make virtual environments yet. Once: sudo apt-get install python3-venv" >&2
    exit 1
fi
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check --upgrade pip || {
    rm -rf "$folder"
    echo "pip could not be brought up to date: check the network (or the proxy) and run the same command again." >&2
    exit 1
}
