#!/bin/sh
# embed.sh IN.py OUT.c: the file as a C string, so that the worker needs nothing beside itself.
set -e
{
        echo 'extern const char runner_source[];'
        echo 'const char runner_source[] ='
        sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/        "/' -e 's/$/\\n"/' "$1"
        echo '        ;'
} >"$2"
