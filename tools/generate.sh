#!/usr/bin/env bash
# Writes all generated files anew; with --check only says which differ.
set -euo pipefail
cd "$(dirname "$0")/.."

check=${1:-}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
stale=0

# page FILE COMMAND...: FILE holds what COMMAND prints.
page() {
  local file=$1
  shift
  "$@" >"$scratch/page"
  if cmp -s "$scratch/page" "$file"; then return; fi
  if [ "$check" = --check ]; then
    echo "$file is out of date; run make generate" >&2
    stale=1
  else
    mkdir -p "$(dirname "$file")"
    cat "$scratch/page" >"$file"
    echo "wrote $file"
  fi
}

# folder DIRECTORY COMMAND...: DIRECTORY holds what COMMAND writes into the folder that is its
# last argument, and nothing else.
folder() {
  local directory=$1
  shift
  rm -rf "$scratch/folder"
  mkdir "$scratch/folder"
  "$@" "$scratch/folder"
  if diff -rq "$scratch/folder" "$directory" >/dev/null 2>&1; then return; fi
  if [ "$check" = --check ]; then
    echo "$directory is out of date; run make generate" >&2
    stale=1
  else
    rm -rf "$directory"
    mkdir -p "$directory"
    cp -r "$scratch/folder/." "$directory/"
    chmod -R u=rwX,go=rX "$directory"
    echo "wrote $directory"
  fi
}

page docs/reference-config.md go run ./internal/runtime/config/cmd/reference
page docs/config.schema.json go run ./internal/runtime/config/cmd/reference -schema
page docs/openapi.json go run ./internal/gateway/cmd/openapi
page docs/cli.md go run ./internal/cli/cmd/reference
page docs/events.md go run ./internal/generate/cmd/reference
page docs/contracts.md go run ./internal/schema/cmd/reference docs/contracts.md
page docs/sources.md go run ./internal/app/cmd/sources
page docs/metrics-reference.md go run ./internal/warehouse/cmd/reference metrics
page docs/metrics.schema.json go run ./internal/warehouse/cmd/reference schema
page docs/rollups-reference.md go run ./internal/warehouse/cmd/reference rollups
page docs/rollups.schema.json go run ./internal/warehouse/cmd/reference rollups-schema
page docs/bi-tools.md go run ./internal/warehouse/cmd/reference bi-tools
folder deploy/superset go run ./internal/warehouse/cmd/reference superset
folder deploy/metabase go run ./internal/warehouse/cmd/reference metabase
page docs/warehouse-reference.md go run ./internal/warehouse/cmd/reference warehouse
page docs/dashboards-reference.md go run ./internal/dashboard/cmd/reference dashboards
page docs/dashboards.schema.json go run ./internal/dashboard/cmd/reference schema
folder deploy/grafana go run ./internal/dashboard/cmd/reference grafana
page docs/jobs.md go run ./internal/job/cmd/reference docs/jobs.md
if [ "$check" != --check ]; then
  # These are checked by the tests of their packages.
  go run ./internal/lint/cmd/layers -w
  go generate ./internal/query/saved ./internal/quality ./internal/quality/check ./internal/quality/patch ./internal/job/declared ./adapter/mapped
fi
# The console's types come from the API's description; they need Node.
if [ -d web/node_modules ]; then
  page web/src/api/schema.d.ts web/node_modules/.bin/tsx web/generate.ts
fi
exit $stale
