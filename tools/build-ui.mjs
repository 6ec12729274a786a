// Bundles a browser program: node tools/build.mjs apps/<name>-ui. Leaves dist/apps/<name>-ui/index.html and
// assets/ with hashed names, each with a .gz beside it. The daemon of that name serves the folder.
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

/** What the first page may load, gzipped. */
const FIRST_LOAD_BYTES = 400 * 1024

export async function buildUi({ project, out }) {
  rmSync(out, { recursive: true, force: true })
  mkdirSync(join(out, 'assets'), { recursive: true })
  const { metafile, outputFiles } = await build({
    entryPoints: { main: join(project, 'src/main.tsx') },
    outdir: join(out, 'assets'),
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    minify: true,
    platform: 'browser',
    target: 'es2022',
    format: 'esm',
    jsx: 'automatic',
    legalComments: 'linked',
    metafile: true,
    write: false,
    logLevel: 'warning',
    define: { 'process.env.NODE_ENV': '"production"' },
    loader: { '.svg': 'file' },
  })
  let html = readFileSync(join(project, 'src/index.html'), 'utf8')
  const tags = []
  for (const [path, { entryPoint, cssBundle }] of Object.entries(metafile.outputs)) {
    if (!entryPoint?.endsWith('src/main.tsx') || path.endsWith('.css')) continue
    if (cssBundle)
      tags.push(`<link rel="stylesheet" href="./assets/${cssBundle.split('/').pop()}">`)
    tags.push(`<script type="module" src="./assets/${path.split('/').pop()}"></script>`)
  }
  html = html.replace('<!-- assets -->', tags.join('\n    '))
  writeFileSync(join(out, 'index.html'), html)
  copyFileSync(join(project, 'src/favicon.svg'), join(out, 'favicon.svg'))
  const first = new Set([...html.matchAll(/assets\/([^"]+)/g)].map(([, name]) => name))
  for (const [path, { imports }] of Object.entries(metafile.outputs)) {
    if (!first.has(path.split('/').pop())) continue
    for (const { path: chunk, kind } of imports) {
      if (kind === 'import-statement') first.add(chunk.split('/').pop())
    }
  }
  let firstBytes = 0
  for (const { path, contents } of outputFiles) {
    const packed = gzipSync(contents, { level: 9 })
    writeFileSync(path, contents)
    writeFileSync(`${path}.gz`, packed)
    if (first.has(path.split('/').pop())) firstBytes += packed.length
    console.log(
      `${relative(out, path)} ${Math.round(contents.length / 1024)} kB, ${Math.round(packed.length / 1024)} kB gzipped`,
    )
  }
  console.log(`first load ${Math.round(firstBytes / 1024)} kB gzipped`)
  if (firstBytes > FIRST_LOAD_BYTES)
    throw new Error(`first load is over ${FIRST_LOAD_BYTES / 1024} kB`)
}
