#!/usr/bin/env bash
# Gradescope runs this once, as root, when the image is built: a Python of its own, the packages, and a user for students' code.
set -euo pipefail
root=${AUTOGRADER_ROOT:-/autograder}

apt-get update -qq
apt-get install -y -qq --no-install-recommends python3 python3-venv >/dev/null
python3 -m venv "$root/venv"
"$root/venv/bin/pip" install --quiet --upgrade pip
"$root/venv/bin/pip" install --quiet --constraint "$root/source/requirements.lock" "$root/source/given[instructor]"
id -u student >/dev/null 2>&1 || useradd --no-create-home --shell /usr/sbin/nologin student
