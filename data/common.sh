# Shared by data/try and tests/run (sourced, not run): packages, build, and the ordinary user that root needs.
# The caller sets `checkout` to the folder of this checkout and `me` to its own name for messages.

say() { printf '%s: %s\n' "$me" "$*"; }
fail() { printf '%s: %s\n' "$me" "$*" >&2; exit 1; }

# What nobody expected to fail still ends in a sentence.
set -E
trap 'fail "stopped, since this failed: $BASH_COMMAND (${BASH_SOURCE[0]##*/}, line $LINENO)"' ERR

# What is built for the ordinary user must be readable by one.
umask 022

# progress LOG: keeps what comes in LOG and, so that nobody waits before a silent screen, tells a line of it every ten seconds.
progress() {
    local line told=$SECONDS
    while IFS= read -r line; do
        printf '%s\n' "$line" >>"$1"
        if [ $((SECONDS - told)) -ge 10 ]; then told=$SECONDS; say "  ${line:0:110}"; fi
    done
}

# as_root COMMAND…: as it is for root, else through sudo.
as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif command -v sudo >/dev/null; then sudo "$@"
    else fail "some packages are missing and sudo is not there: run this once as root, or install them yourself: $missing"
    fi
}

# install_packages KIND…: what data/packages lists for these kinds and is not there yet.
install_packages() {
    command -v apt-get >/dev/null || fail "this needs Debian's apt-get; on another system install what data/packages lists and build with meson"
    local kind wanted=() missing_list=() name
    for kind in "$@"; do
        while read -r name; do wanted+=("$name"); done < <(awk -v k="$kind" '$1 == k { print $2 }' "$checkout/data/packages")
    done
    local have
    have=" $(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null | awk '$1 == "installed" { print $2 }' | tr '\n' ' ' || true) " # it fails where one is unknown
    for name in "${wanted[@]}"; do case $have in *" $name "*) ;; *) missing_list+=("$name") ;; esac; done
    missing="${missing_list[*]-}"
    if [ -z "$missing" ]; then return; fi
    say "installing ${#missing_list[@]} packages (the first time takes a few minutes): $missing"
    local log; log=$(mktemp)
    as_root env DEBIAN_FRONTEND=noninteractive sh -c 'apt-get update && apt-get install -y --no-install-recommends "$@"' sh "${missing_list[@]}" 2>&1 | progress "$log" ||
        { tail -n 20 "$log" >&2; fail "apt-get could not install them; its last lines are above, all of them in $log"; }
    rm -f "$log"
}

# ordinary_user NAME: sets `user` to who runs the desktop: oneself, or, for root, NAME, who is made if missing.
ordinary_user() {
    if [ "$(id -u)" != 0 ]; then user=$(id -un); return; fi
    user=$1
    if ! id "$user" >/dev/null 2>&1; then
        say "you are root; making the ordinary user \"$user\", since web pages and tools never run as root"
        useradd --create-home --shell /bin/bash "$user" || fail "the user \"$user\" could not be made"
    fi
}

# stage: sets `tree` to a copy of the checkout that `user` can read: the checkout itself, or, where root's own folder hides it, a mirror.
stage() {
    tree=$checkout
    if [ "$(id -u)" != 0 ] || runuser -u "$user" -- test -r "$checkout/data/try" 2>/dev/null; then return; fi
    local name=${checkout#/}
    tree=/var/lib/impromptu/${name//\//-}
    say "\"$user\" cannot read $checkout; mirroring it to $tree"
    mkdir -p "$tree" && find "$tree" -mindepth 1 -maxdepth 1 ! -name 'build*' -exec rm -rf {} + || fail "$tree could not be cleared"
    (cd "$checkout" && git -c safe.directory="$checkout" ls-files -z --cached --others --exclude-standard | tar --null --no-recursion --ignore-failed-read -T - -cf -) | tar -C "$tree" -xf - ||
        fail "the mirror could not be written"
    chmod -R go+rX /var/lib/impromptu
}

# build FOLDER [MESON-OPTION…]: configures once, compiles what changed.
build() {
    local folder=$tree/$1 log; shift
    log=$(mktemp)
    if [ -e "$folder" ] && [ ! -w "$folder" ]; then
        fail "$folder is another user's (was it built as root?): delete it, or run this as that user"
    fi
    if [ ! -f "$folder/build.ninja" ]; then
        say "configuring ${folder##*/}"
        meson setup "$folder" "$tree" "$@" >"$log" 2>&1 || { tail -n 20 "$log" >&2; fail "meson could not configure the build; its last lines are above"; }
    fi
    say "building ${folder##*/} (the first time takes some minutes)"
    ninja -C "$folder" 2>&1 | progress "$log" || { tail -n 40 "$log" >&2; fail "the build failed; its last lines are above"; }
    rm -f "$log"
}
