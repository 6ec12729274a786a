// Writes dist/bin: one launcher for each program that has been bundled.
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
mkdirSync(join(root, 'dist/bin'), { recursive: true })
writeFileSync(join(root, 'dist/package.json'), '{ "type": "commonjs" }\n')
for (const folder of readdirSync(join(root, 'apps'))) {
  const manifest = join(root, 'apps', folder, 'package.json')
  if (!existsSync(manifest) || !existsSync(join(root, 'dist/apps', folder, 'main.cjs'))) continue
  const { name, nodeFlags, codeCache } = JSON.parse(readFileSync(manifest, 'utf8')).program ?? {}
  if (!name) continue
  const launcher = join(root, 'dist/bin', name)
  // A program can ask for less memory than Node takes by itself. Node reads the file that NODE_EXTRA_CA_CERTS names at
  // every start, which takes longer than all else a short-lived tool does: it reads the file itself when it has to.
  // biome-ignore lint/suspicious/noTemplateCurlyInString: `env -S` expands it.
  const own = 'PROMETHEUS_EXTRA_CA_CERTS=${NODE_EXTRA_CA_CERTS}'
  const env = codeCache ? `-S -u NODE_EXTRA_CA_CERTS ${own} ` : '-S '
  const node = nodeFlags || codeCache ? `${env}node ${nodeFlags ?? ''}`.trimEnd() : 'node'
  const entry = codeCache ? 'cached-launcher' : 'main'
  writeFileSync(launcher, `#!/usr/bin/env ${node}\nrequire('../apps/${folder}/${entry}.cjs')\n`)
  chmodSync(launcher, 0o755)
}
