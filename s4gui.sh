#!/bin/sh
# ./s4gui.sh                sets up S4GUI beside this file (once) and opens it
# ./s4gui.sh test [ARGS]    sets up the test tools too and runs the test suite (ARGS go to pytest)
# ./s4gui.sh WORDS          passes the words on: ./s4gui.sh train PROJECT, ./s4gui.sh --help
#
# The environment lies in .venv, made by pip (or uv, where it is installed) from
# pyproject.toml and packaging/constraints.txt. It counts as set up only when .venv/s4gui-stamp
# holds the hash of both files, which is written after a complete installation.
# PYTHON names another interpreter; S4GUI_PIP=1 keeps uv out.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$(readlink -f -- "$0" 2>/dev/null || printf %s "$0")")" && pwd -P)
venv=$here/.venv
python=$venv/bin/python
stamp=$venv/s4gui-stamp
claim=$here/.venv.setup # whose set-up is under way, or was cut off
for_a_window='For a window: start it on a desktop, through ssh -X, or with xvfb-run ./s4gui.sh'
need_kb=2000000         # the CPU build takes 1.3 GB; the GPU build of torch takes more

say() {
    printf 's4gui: %s\n' "$*" >&2
}

fail() {
    say "$*"
    exit 1
}

digest() {
    cat "$here/pyproject.toml" "$here/packaging/constraints.txt" | {
        if command -v sha256sum >/dev/null 2>&1; then
            sha256sum
        elif command -v shasum >/dev/null 2>&1; then
            shasum -a 256
        else
            cksum
        fi
    } | cut -d ' ' -f 1
}

# ready SET: is everything installed here, for the application ("app") or the tests ("test")?
ready() {
    [ -x "$python" ] && [ -r "$stamp" ] && [ ! -e "$claim" ] || return 1
    read -r had_digest had_set had_home <"$stamp" || return 1
    [ "$had_digest" = "$wanted" ] && [ "$had_home" = "$here" ] || return 1
    [ "$had_set" = test ] || [ "$had_set" = "$1" ]
}

find_python() {
    seen=
    for candidate in ${PYTHON-} python3 python3.14 python3.13 python3.12 python3.11; do
        command -v "$candidate" >/dev/null 2>&1 || continue
        version=$("$candidate" -c 'import sys; print("%d.%d" % sys.version_info[:2])
sys.exit(sys.version_info < (3, 11))' 2>/dev/null) && return 0
        seen=${seen:-${version:+"$candidate here is Python $version"}}
    done
    fail "S4GUI needs Python 3.11 or newer; ${seen:-no python3 was found}."
}

check_room() {
    [ -w "$here" ] || fail "S4GUI installs into $venv, but this folder cannot be written."
    free_kb=$(df -Pk "$here" | {
        read -r _
        read -r _ _ _ free _
        printf %s "$free"
    }) || return 0
    [ "$free_kb" -ge "$need_kb" ] || fail "The disk is too full: S4GUI needs about" \
        "$((need_kb / 1000)) MB in $here (7000 MB with the GPU build of torch)," \
        "and $((free_kb / 1000)) MB are free."
}

# One set-up at a time; a claim whose process is gone is one that was cut off.
take_claim() {
    cut_off=
    if ! (set -C && printf '%s\n' "$$" >"$claim") 2>/dev/null; then
        read -r other <"$claim" 2>/dev/null || other=
        if [ -n "$other" ] && kill -0 "$other" 2>/dev/null; then
            fail "Another set-up is under way (process $other); wait until it has ended" \
                "(if there is none, delete $claim)."
        fi
        cut_off=1
        printf '%s\n' "$$" >"$claim"
    fi
    trap 'say "Set-up was interrupted; nothing is lost: run the same command again."; exit 130' \
        HUP INT TERM
}

make_venv() {
    if [ -z "$cut_off" ] && "$python" -m pip --version >/dev/null 2>&1; then
        return 0
    fi
    find_python
    [ -e "$venv" ] || check_room
    "$candidate" -c 'import ensurepip, venv' 2>/dev/null ||
        fail "Python's venv module is missing; install it with: apt-get install python3-venv"
    say "Making the environment $venv with Python $version ..."
    # A cut-off installation may have left half a package that pip would take for whole.
    "$candidate" -m venv --clear "$venv" >&2 || explain "making the environment"
}

# The value that pip itself would use: its environment first, then its files.
pip_setting() {
    for section in ':env:' install global; do
        value=$(printf '%s\n' "$pip_settings" | sed -n "s/^$section\.$1=['\"]\(.*\)['\"]\$/\1/p")
        if [ -n "$value" ]; then
            printf '%s\n' "$value" | sed 's/\\n/ /g'
            return 0
        fi
    done
}

# uv does not read pip's settings, so a company's index or wheel folder is handed to it here.
install_with_uv() {
    pip_settings=$("$python" -m pip config list)
    set -- "$@" --python "$python" --compile-bytecode --index-strategy unsafe-best-match
    for value in $(pip_setting index-url); do set -- "$@" --default-index "$value"; done
    for value in $(pip_setting extra-index-url); do set -- "$@" --index "$value"; done
    for value in $(pip_setting find-links); do set -- "$@" --find-links "$value"; done
    for value in $(pip_setting constraint); do set -- "$@" --constraint "$value"; done
    for value in $(pip_setting trusted-host); do set -- "$@" --allow-insecure-host "$value"; done
    value=$(pip_setting cert)
    [ -z "$value" ] || export SSL_CERT_FILE="$value"
    uv pip install "$@"
}

install_packages() {
    set -- --constraint "$here/packaging/constraints.txt" --editable "$1"
    if [ -z "${S4GUI_PIP-}" ] && command -v uv >/dev/null 2>&1; then
        install_with_uv "$@"
    else
        "$python" -m pip install --disable-pip-version-check "$@"
    fi
}

show_progress() {
    while IFS= read -r line; do
        case $line in
        *'already satisfied'* | 'Looking in'* | Processing* | Successfully* | 'WARNING: Loc'*) ;;
        '  Downloading'*) printf '%s\n' "$line" >&2 ;;
        ' '*) ;;
        *) printf '%s\n' "$line" >&2 ;;
        esac
    done
}

# explain DOING: one sentence about what went wrong, from what the tools wrote.
explain() {
    log=$venv/s4gui-setup.log
    free_kb=$(df -Pk "$here" | tail -n 1 | tr -s ' ' | cut -d ' ' -f 4)
    if grep -qiE 'no space left|disk quota|not enough space' "$log" 2>/dev/null ||
        [ "${free_kb:-$need_kb}" -lt 1000 ]; then
        fail "The disk became full while $1; make room" \
            "(in $here, ${TMPDIR:-/tmp} and pip's cache) and run the same command again."
    fi
    # Both tools fetch everything before they install anything: what was here is still whole.
    if grep -qiE 'name resolution|failed to resolve|new connection|connection (refused|error|reset)|network is unreachable|timed? ?out|dns error|error sending request|ssl.*error|proxyerror' "$log" 2>/dev/null; then
        rm -f "$claim"
        fail "The package index was not reached while $1; check the network (or pip's settings:" \
            "python3 -m pip config list) and run the same command again. Details: $log"
    fi
    if grep -qiE 'no matching distribution|no solution found' "$log" 2>/dev/null; then
        rm -f "$claim"
        fail "A package has no release for this Python and system ($("$python" -V 2>&1)," \
            "$(uname -s) $(uname -m)); try another Python: PYTHON=python3.12 ./s4gui.sh" \
            "Details: $log"
    fi
    cause=$(grep -iE '(error|exception)\b.*:' "$log" 2>/dev/null | tail -n 1 | sed 's/^ *//') || cause=
    fail "Something failed while $1${cause:+ ($cause)}. Details: $log"
}

set_up() {
    take_claim
    make_venv
    log=$venv/s4gui-setup.log
    failed=$venv/s4gui-failed
    rm -f "$stamp" "$failed"
    what=$here
    [ "$1" = app ] || what="${here}[test]"
    say "Installing (the first time takes a few minutes) ..."
    { install_packages "$what" 2>&1 || : >"$failed"; } | tee "$log" | show_progress
    [ ! -e "$failed" ] || explain "installing"
    if ! { printf '%s %s %s\n' "$wanted" "$1" "$here" >"$stamp.new" && mv "$stamp.new" "$stamp"; } \
        2>>"$log"; then
        explain "writing $stamp"
    fi
    rm -f "$claim"
    trap - HUP INT TERM
    say "Set up."
}

apt_can_install() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1
}

apt_install() {
    say "Installing system packages through apt-get: $*"
    {
        apt-get update -q &&
            DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@"
    } </dev/null >"$venv/s4gui-apt.log" 2>&1 ||
        fail "apt-get could not install them (details: $venv/s4gui-apt.log); try:" \
            "apt-get update && apt-get install --no-install-recommends $*"
}

# need_libraries window|tests: what Qt needs of the system, asked before Qt is loaded.
need_libraries() {
    answer=$("$python" -m s4gui.gui.libraries "$1")
    platform=${answer%% *}
    packages=${answer#"$platform"}
    [ -n "$packages" ] || return 0
    if apt_can_install; then
        # shellcheck disable=SC2086 # one word a package
        apt_install $packages
    fi
    "$python" -m s4gui.gui.libraries require "$1" >&2 || exit 1
    if [ "$1" = tests ] && ! apt_can_install; then
        say "Tests with a real window are skipped without:$packages"
    fi
}

on_screen() {
    case $platform in
    offscreen* | minimal* | vnc*) return 1 ;;
    esac
}

open_or_prove() {
    need_libraries window
    if on_screen; then
        exec "$python" -m s4gui
    fi
    pictures=$here/report
    say "No display: $("$python" -m s4gui.gui.libraries reason)."
    say "Instead of opening a window, the demo job runs off screen."
    code=0
    QT_QPA_PLATFORM=$platform "$python" -m s4gui --selftest --output "$pictures" || code=$?
    say "Its pictures lie in $pictures (window.png, report.html)."
    say "$for_a_window"
    exit "$code"
}

# Without arguments: everything, in two processes. With arguments: exactly what they say.
run_tests() {
    need_libraries tests
    cd "$here"
    export QT_QPA_PLATFORM="${S4GUI_TEST_PLATFORM:-offscreen}"
    [ "$#" -gt 0 ] || set -- -n 2 --dist loadfile
    case " $* " in
    *' -n '*) export OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}" ;; # or each process takes all cores
    esac
    exec "$python" -m pytest "$@"
}

wanted=$(digest)
word=${1-}
if [ "$word" = test ]; then
    shift
    ready test || set_up test
    run_tests "$@"
fi
ready app || set_up app
case $word in
'') open_or_prove ;;
--selftest | selftest) need_libraries window ;;
help | -* | worker | preview | new | import | status | suggest | train | predict | features | evaluate | \
    export | model | tags | report | check | bench) ;;
*) # a project, a folder or "gui": they open a window
    need_libraries window
    on_screen || [ -n "${QT_QPA_PLATFORM-}" ] ||
        fail "No display: $("$python" -m s4gui.gui.libraries reason). $for_a_window"
    ;;
esac
exec "$python" -m s4gui "$@"
