#!/bin/sh
# Rust and a C compiler, without which the harness itself does not build.
set -eu
cd "$(dirname "$0")/.."

install_package() {
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "installing $* …"
        apt-get update --quiet=2 && apt-get install --yes --quiet=2 --no-install-recommends "$@" && return
    fi
    return 1
}

if ! command -v cc >/dev/null; then
    install_package gcc libc6-dev || { echo "A C compiler is missing. Run: sudo apt-get install gcc libc6-dev" >&2; exit 1; }
fi
if ! command -v cargo >/dev/null; then
    install_package rustup ca-certificates || {
        echo "Rust is missing. Run: curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y" >&2
        exit 1
    }
fi
if ! cargo --version >/dev/null 2>&1; then
    rustup toolchain install
fi
