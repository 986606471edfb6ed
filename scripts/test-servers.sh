#!/bin/sh
# Install what some tests start: servers for the ways in (Postgres, OpenSSH, MariaDB), a browser for the pages (Chromium) and a
# reader of PDF, where that is possible and harmless: as root, on Debian or Ubuntu, and with no init system that would start
# servers, as in containers. Elsewhere those tests say why they skip.
# TAMBON_TEST_SERVERS=yes installs on a machine with systemd too, =no never. Never fails: tests run without them as well.
set -u

missing=
[ -n "$(ls -d /usr/lib/postgresql/*/bin/initdb 2>/dev/null)" ] || command -v initdb >/dev/null 2>&1 || missing="$missing postgresql"
[ -x /usr/sbin/sshd ] || missing="$missing openssh-server"
[ -x /usr/sbin/mariadbd ] || missing="$missing mariadb-server-core"
command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
command -v pdftotext >/dev/null 2>&1 || missing="$missing poppler-utils"
[ -n "$missing" ] || exit 0

skip() {
    echo "Some tests will skip, as there is no$missing here ($1)"
    exit 0
}

[ "${TAMBON_TEST_SERVERS:-}" != no ] || skip "TAMBON_TEST_SERVERS=no"
[ -e /etc/debian_version ] && command -v apt-get >/dev/null 2>&1 || skip "not Debian"
[ "$(id -u)" = 0 ] || skip "not root; as root: TAMBON_TEST_SERVERS=yes sh scripts/test-servers.sh"
if [ -d /run/systemd/system ] && [ "${TAMBON_TEST_SERVERS:-}" != yes ]; then
    skip "installing would start servers on this machine; TAMBON_TEST_SERVERS=yes sh scripts/test-servers.sh does it"
fi

export DEBIAN_FRONTEND=noninteractive
bounded() { timeout -k 10 "$@" </dev/null >/dev/null 2>&1; }
get() { bounded 300 apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=60 "$1"; }
fresh=no
for package in $missing; do
    echo "Installing for the tests: $package"
    get "$package" && continue
    [ "$fresh" = yes ] || bounded 120 apt-get update
    fresh=yes
    get "$package" || echo "Some tests will skip: apt-get could not install $package"
done
exit 0
