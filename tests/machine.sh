#!/usr/bin/env bash
# Brings this machine what the tests need besides Python packages, and fails loudly for what it cannot bring.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive PATH="$PATH:/usr/sbin:/sbin"

# what must be there              the Debian package that brings it
needs="
python3:ensurepip                 python3-venv
mosquitto                         mosquitto
chromium|chromium-browser         chromium
mpv                               mpv
Xvfb                              xvfb
/usr/lib/postgresql/*/bin/initdb  postgresql
nft                               nftables
tc                                iproute2
mkfs.ext4                         e2fsprogs
faketime                          faketime
ip                                iproute2
"

is_there() {
    local one
    case $1 in
        python3:*) "${PYTHON:-python3}" -c "from ${1#*:} import version" 2>/dev/null ;;
        /*) compgen -G "$1" >/dev/null ;;
        *) for one in ${1//|/ }; do command -v "$one" >/dev/null && return 0; done; return 1 ;;
    esac
}

missing() {
    while read -r part package; do
        [ -n "$part" ] && ! is_there "$part" && echo "$package"
    done <<<"$needs" | sort -u || true
}

packages=$(missing)
[ -n "$packages" ] || exit 0
fix="sudo apt-get install ${packages//$'\n'/ }"

if [ "$(id -u)" = 0 ]; then root=(); elif sudo -n true 2>/dev/null; then root=(sudo -n); else
    echo "The tests need parts that this machine lacks: $fix" >&2
    exit 1
fi
echo "Installing what the tests need: ${packages//$'\n'/ }"
install() { "${root[@]}" apt-get install --yes --quiet --no-install-recommends $packages </dev/null; }
install || { "${root[@]}" apt-get update --quiet && install; }

packages=$(missing)
[ -z "$packages" ] || { echo "Still missing after apt-get: ${packages//$'\n'/ }. The fix: $fix" >&2; exit 1; }
