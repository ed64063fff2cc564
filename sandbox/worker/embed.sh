#!/bin/sh
# embed.sh IN.py OUT.c: the file as a C string IN_source, so that the worker needs nothing beside itself.
set -e
name=$(basename "$1" .py)_source
{
        echo "extern const char $name[];"
        echo "const char $name[] ="
        sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/        "/' -e 's/$/\\n"/' "$1"
        echo '        ;'
} >"$2"
