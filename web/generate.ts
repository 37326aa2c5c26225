// `npm run generate` writes src/api/schema.d.ts from the OpenAPI document that the gateway makes of its Go types; this
// prints it.
import { readFileSync } from 'node:fs'
import openapiTS, { astToString } from 'openapi-typescript'

const source = new URL('../docs/openapi.json', import.meta.url)

/** Answers may gain fields later; the console's types name those it knows, so that a misspelt one is an error. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed)
  if (value === null || typeof value !== 'object') return value
  const entries = Object.entries(value).filter(
    ([key, v]) => !(key === 'additionalProperties' && v === true && 'properties' in value),
  )
  return Object.fromEntries(entries.map(([key, v]) => [key, closed(v)]))
}

const ast = await openapiTS(closed(JSON.parse(readFileSync(source, 'utf8'))) as Parameters<typeof openapiTS>[0])
process.stdout.write(`// Made by generate.ts from docs/openapi.json. Do not edit.\n\n${astToString(ast)}`)
