// `npm run check:dist` builds the console again and fails when the committed bundle is another one.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const web = fileURLToPath(new URL('..', import.meta.url))
const committed = fileURLToPath(new URL('../../internal/gateway/console/dist', import.meta.url))
const fresh = mkdtempSync(join(tmpdir(), 'millrace-console-'))

function files(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort()
}

try {
  execFileSync('npx', ['vite', 'build', '--logLevel', 'error'], {
    cwd: web,
    env: { ...process.env, DIST: fresh },
    stdio: 'inherit',
  })
  const [want, have] = [files(fresh), files(committed)]
  const differing = [...new Set([...want, ...have])].filter(
    name =>
      !want.includes(name) ||
      !have.includes(name) ||
      !readFileSync(join(fresh, name)).equals(readFileSync(join(committed, name))),
  )
  if (differing.length > 0) {
    process.stderr.write(`The committed bundle is not what web/ builds; these differ:\n  ${differing.join('\n  ')}\n`)
    process.stderr.write('Run `npm run build` in web/ and commit internal/gateway/console/dist.\n')
    process.exitCode = 1
  } else {
    process.stdout.write(`the committed bundle is what web/ builds: ${want.length} files\n`)
  }
} finally {
  rmSync(fresh, { recursive: true })
}
