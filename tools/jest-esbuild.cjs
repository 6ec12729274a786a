// Jest transform: TypeScript and ESM to CommonJS by esbuild, cached by content and options.
const { createHash } = require('node:crypto')
const { transformSync, version } = require('esbuild')

const options = {
  jsx: 'automatic',
  format: 'cjs',
  target: 'node20',
  sourcemap: 'inline',
  sourcesContent: false,
  // Jest has no dynamic import() in this mode: it becomes a require.
  supported: { 'dynamic-import': false },
}

module.exports = {
  getCacheKey: (source, path, { configString }) =>
    createHash('sha256')
      .update([version, JSON.stringify(options), path, configString, source].join('\0'))
      .digest('hex'),
  process: (source, path) => ({
    code: transformSync(source, {
      ...options,
      loader: path.endsWith('tsx') ? 'tsx' : path.endsWith('ts') ? 'ts' : 'js',
      sourcefile: path,
      define: { 'import.meta.url': '__importMetaUrl' },
      banner: 'const __importMetaUrl = require("node:url").pathToFileURL(__filename).href;',
    }).code,
  }),
}
