#!/bin/sh
# as-user.sh TEST SANDBOX WORKER: runs TEST SANDBOX as an ordinary user who need not exist, from copies that such a user can read.
set -e
[ "$(id -u)" = 0 ] || exec "$1" "$2"
place=$(mktemp -d /var/tmp/sandbox-as-user-XXXXXX)
trap 'rm -rf "$place"' EXIT
chmod 755 "$place"
cp "$1" "$2" "$3" "$place"
setpriv --reuid=54321 --regid=54321 --clear-groups env HOME="$place" "$place/$(basename "$1")" "$place/$(basename "$2")"
