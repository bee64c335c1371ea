#!/bin/sh
# SPDX-License-Identifier: MIT
# What the project needs from the system, in small sets, and how to get it.
#
#   deps.sh ensure SET...     install what is missing (Debian, Ubuntu), or name it (elsewhere)
#   deps.sh check SET...      only name what is missing
#   deps.sh doctor [SET...]   show what is there and what is not
#
# When everything is there, `ensure` takes a few milliseconds: it starts no other program. With
# DEPS=0 in the environment nothing is ever installed.

ALL_SETS='python labs sandbox host-tools build-riscv64 build-x86_64 run-riscv64 run-x86_64 debug clang host format docs'

# ---- The sets: require WHAT TEST PACKAGE ----------------------------------------------------------
#
# TEST is a program, or several with | between of which one will do, or @function. PACKAGE is
# Debian's name; with | between, the first that the system's archive has; or @function that prints it.

require_set() {
    case $1 in
    python)
        require 'Python 3' python3 python3 ;;
    labs)
        require 'reader of lab.toml files' @has_toml python3-tomli ;;
    sandbox)
        require 'bubblewrap' bwrap bubblewrap
        require 'git' git git ;;
    host-tools)
        require 'C compiler of this computer' 'cc|gcc' gcc
        require 'C library headers' @has_libc_headers libc6-dev ;;
    build-riscv64)
        require 'C compiler for riscv64' 'riscv64-unknown-elf-gcc|riscv64-elf-gcc' gcc-riscv64-unknown-elf
        require 'linker for riscv64' 'riscv64-unknown-elf-ld|riscv64-elf-ld' binutils-riscv64-unknown-elf ;;
    build-x86_64)
        require 'C compiler for x86_64' \
            'x86_64-linux-gnu-gcc|x86_64-elf-gcc|x86_64-pc-linux-gnu-gcc|x86_64-redhat-linux-gcc' @x86_gcc
        require 'linker for x86_64' \
            'x86_64-linux-gnu-ld|x86_64-elf-ld|x86_64-pc-linux-gnu-ld|x86_64-redhat-linux-ld' @x86_binutils ;;
    run-riscv64)
        require 'emulator for riscv64' qemu-system-riscv64 'qemu-system-riscv|qemu-system-misc'
        # Some systems bring the firmware with the emulator.
        ! is_met qemu-system-riscv64 || require 'firmware for riscv64' @has_opensbi opensbi ;;
    run-x86_64)
        require 'emulator for x86_64' qemu-system-x86_64 qemu-system-x86 ;;
    debug)
        require 'debugger for both machines' gdb-multiarch gdb-multiarch ;;
    clang)
        require 'clang' clang clang
        require 'linker ld.lld' 'ld.lld|ld.lld-14' lld ;;
    host)
        require 'C compiler of this computer' gcc gcc
        require 'C library headers' @has_libc_headers libc6-dev
        require 'clang, for the sanitizers' clang clang
        require 'clang sanitizer libraries' @has_sanitizers @sanitizer_package
        require 'Check, for unit tests' @has_check check
        require 'pkg-config' pkg-config pkg-config ;;
    format)
        require 'clang-format' clang-format clang-format ;;
    docs)
        require 'Sphinx' sphinx-build python3-sphinx
        require 'furo, the theme' @has_furo furo
        require 'copy buttons' @has_copybutton python3-sphinx-copybutton
        require 'Graphviz, for drawings' dot graphviz ;;
    *)
        complain "there is no set '$1'; there are: $ALL_SETS"
        exit 2 ;;
    esac
}

# ---- Tests that are more than a program's name, and packages that depend on the system -------------

exists() { [ -e "$1" ]; } # of the files that a pattern gave, the first is enough
has_python_module() { exists "/usr/lib/python3/dist-packages/$1/__init__.py" ||
    python3 -c "import $1" 2>/dev/null; }
has_opensbi() { exists /usr/share/qemu/opensbi-riscv64-generic-fw_dynamic.bin ||
    exists /usr/local/share/qemu/opensbi-riscv64-generic-fw_dynamic.bin; }
has_libc_headers() { exists /usr/include/stdio.h; }
has_check() { exists /usr/include/check.h || exists /usr/local/include/check.h; }
has_sanitizers() { exists /usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.asan-*.a ||
    exists /usr/lib*/clang/*/lib/*/libclang_rt.asan*.a; }
# Python has it from 3.11 on.
has_toml() { python3 -c 'import tomllib' 2>/dev/null || python3 -c 'import tomli' 2>/dev/null; }
has_furo() { has_python_module furo; }
has_copybutton() { has_python_module sphinx_copybutton; }

is_pc() { case $(uname -m) in x86_64 | amd64) true ;; *) false ;; esac; }
x86_gcc() { is_pc && echo gcc || echo gcc-x86-64-linux-gnu; }
x86_binutils() { is_pc && echo binutils || echo binutils-x86-64-linux-gnu; }

# Named after the version of the clang that is, or is going to be, installed. Where the archive has no
# such package (Ubuntu 22.04), they come with clang's headers.
sanitizer_package() {
    major=$(clang -dumpversion 2>/dev/null | cut -d. -f1)
    [ -n "$major" ] || major=$(apt-cache show clang 2>/dev/null | sed -n 's/^Depends:.*clang-\([0-9]*\).*/\1/p' | head -n 1)
    echo "libclang-rt-$major-dev|libclang-common-$major-dev"
}

# ---- The machinery ---------------------------------------------------------------------------------

complain() { printf '%s\n' "deps: $*" >&2; }

# Whether a requirement is met; then $found says by what.
is_met() {
    case $1 in
    @*) found=installed; "${1#@}"; return ;;
    esac
    rest=$1
    while [ -n "$rest" ]; do
        if found=$(command -v "${rest%%|*}"); then return 0; fi
        case $rest in *\|*) rest=${rest#*|} ;; *) rest= ;; esac
    done
    return 1
}

# Notes a requirement that is not met in $missing (what) and $packages.
require() {
    is_met "$2" && { [ "$mode" != doctor ] || report "$1" "$found"; return; }
    missing="$missing${missing:+, }$1"
    packages="$packages $3"
    [ "$mode" != doctor ] || report "$1" "MISSING (Debian: $(package_name "$3"))"
}

report() { printf '  %-28s %s\n' "$1" "$2"; }

package_name() {
    case $1 in @*) "${1#@}" ;; *) printf '%s\n' "$1" ;; esac
}

has_apt() { command -v apt-get >/dev/null && command -v dpkg >/dev/null; }

# The first of the alternatives that the archive has.
choose_package() {
    alternatives=$(package_name "$1" | tr '|' ' ')
    for package in $alternatives; do
        if apt-cache show "$package" >/dev/null 2>&1; then
            echo "$package"
            return
        fi
    done
    set -- $alternatives
    echo "$1"
}

choose_packages() {
    for requirement in $packages; do choose_package "$requirement"; done | sort -u | tr '\n' ' '
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        complain "you are not root and there is no sudo; as root, run: $*"
        return 1
    fi
}

apt_get() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 "$@"
}

# Packages that a first package brings (clang, its sanitizers) may only be known after it is there,
# so the sets are looked at again, until nothing is missing or nothing changes.
install_missing() {
    complain "not installed yet: $missing"
    if ! has_apt || [ "${DEPS:-1}" = 0 ]; then
        complain "please install it; Debian's packages are:$(for p in $packages; do printf ' %s' "$(package_name "$p")"; done)"
        return 1
    fi
    if ! apt-cache show make >/dev/null 2>&1; then apt_get update >&2 || return; fi
    chosen=$(choose_packages)
    complain "installing these Debian packages with apt-get: $chosen"
    # Word splitting is meant.
    apt_get install -y --no-install-recommends $chosen >&2 && return
    complain 'that failed; trying again with a fresh list of packages'
    apt_get update >&2 && chosen=$(choose_packages) &&
        apt_get install -y --no-install-recommends $chosen >&2
}

scan() {
    missing='' packages=''
    for set in $sets; do
        [ "$mode" != doctor ] || printf '%s\n' "$set"
        require_set "$set"
    done
}

mode=$1
[ $# -eq 0 ] || shift
sets=${*:-$ALL_SETS}
scan

case $mode in
check)
    [ -z "$missing" ] && exit 0
    complain "not installed: $missing"
    exit 1 ;;
doctor)
    [ -z "$missing" ] && { echo; echo 'Everything is there.'; exit 0; }
    echo
    has_apt && echo 'Something is missing: `make deps` installs it.' ||
        echo 'Something is missing. This system has no apt-get: please install it by hand, or use the Containerfile.'
    exit 1 ;;
ensure)
    [ -z "$missing" ] && exit 0
    before=$missing
    install_missing || exit 1
    scan
    [ -z "$missing" ] && exit 0
    [ "$missing" != "$before" ] && install_missing && scan
    [ -z "$missing" ] && exit 0
    complain "still missing after the installation: $missing"
    exit 1 ;;
*)
    sed -n 's/^# \{0,1\}//; 3,11p' "$0"
    exit 2 ;;
esac
