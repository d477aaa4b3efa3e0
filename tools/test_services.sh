#!/bin/sh
# The servers that tests talk to, from Debian's packages; none of them is left running.
set -eu
missing=""
ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || missing="$missing postgresql"
command -v redis-server >/dev/null || missing="$missing redis-server"
[ -x /usr/sbin/rabbitmq-server ] || missing="$missing rabbitmq-server"
[ -x /usr/bin/chromium ] || missing="$missing chromium"
command -v promtool >/dev/null || missing="$missing prometheus"
[ -x /usr/sbin/nginx ] || missing="$missing nginx-light"
[ -n "$missing" ] || exit 0
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "Tests that need these are skipped, as they are not installed:$missing"
    exit 0
fi
echo "Installing what tests need:$missing ..."
# Debian starts what it installs unless this file forbids it.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
    trap 'rm -f "$policy"' EXIT
fi
apt-get update -qq
# shellcheck disable=SC2086 -- a list of words
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
