#!/usr/bin/env bash
# Runs the tests on real services: those in files with the build tag "sources".
set -euo pipefail
cd "$(dirname "$0")/.."

mapfile -t files < <(grep -rl --include='*_test.go' --exclude-dir=node_modules '^//go:build sources' . | sort)
if [ ${#files[@]} = 0 ]; then
  echo "no file has the build tag sources" >&2
  exit 1
fi
tests=$(sed -n 's/^func \(Test[A-Za-z0-9_]*\)(.*/\1/p' "${files[@]}" | grep -v '^TestMain$' | sort -u | paste -sd'|')
mapfile -t folders < <(printf '%s\n' "${files[@]}" | xargs -n1 dirname | sort -u)
go test -count=1 -timeout 25m -tags sources -run "^($tests)\$" "$@" "${folders[@]}"
