#!/usr/bin/env bash
# Runs each fuzz target for the given time (default 10s).
set -euo pipefail
cd "$(dirname "$0")/.."

for file in $(grep -rl --include='*_test.go' --exclude-dir=node_modules '^func Fuzz' . | sort); do
  for target in $(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$file"); do
    echo "== $(dirname "$file") $target"
    # The engine looks for smaller inputs for up to a minute each unless told otherwise.
    go test "$(dirname "$file")" -run '^$' -fuzz "^$target\$" -fuzztime "${1:-10s}" -fuzzminimizetime 5x
  done
done
