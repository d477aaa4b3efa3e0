#!/bin/sh
# Installs Auricle from this folder, without a network:
#
#   sh install.sh [--to FOLDER] [--base FOLDER]
#
# It needs Python @python@ with its venv module, and nothing else.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
fail() { echo "auricle: $*" >&2; exit 1; }
for python in ${PYTHON:-python@python@ python3}; do
    found=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue
    [ "$found" = "@python@" ] && break
done
[ "${found:-}" = "@python@" ] || fail "This bundle is for Python @python@, and here is ${found:-none}: install it, or make the bundle with --python."
wheel=$here/wheels/@wheel@
[ -f "$wheel" ] || fail "wheels/@wheel@ is missing: copy the bundle again."
(cd "$here" && grep ' wheels/@wheel@$' SHA256SUMS | sha256sum --check --status) || fail "wheels/@wheel@ is damaged: copy the bundle again."
PYTHONPATH=$wheel exec "$python" -m auricle.bundle install "$here" "$@"
