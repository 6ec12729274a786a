// `npm start`: runs the whole stack from dist/bin on the default ports with deploy/demo's configuration and
// data under data/. Ctrl-C stops all. A program that fails takes the others along; one that is stopped on
// purpose (kill) does not.
//
//   npm start -- [--prometheus-port=9090] [--alertmanager-port=9093] [--pushgateway-port=9091]
//                [--node-exporter-port=9100] [--data=FOLDER] [--config=FOLDER] [--bin=FOLDER]
import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const STOP_WITHIN_MS = 4500
const root = join(dirname(fileURLToPath(import.meta.url)), '..')

const usage = readFileSync(fileURLToPath(import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('//'))
  .map((line) => line.slice(3))
  .join('\n')

function parseOptions() {
  const text = { type: 'string' }
  try {
    return parseArgs({
      options: {
        'prometheus-port': { ...text, default: '9090' },
        'alertmanager-port': { ...text, default: '9093' },
        'pushgateway-port': { ...text, default: '9091' },
        'node-exporter-port': { ...text, default: '9100' },
        'webhook-port': { ...text, default: '5001' },
        'smtp-port': { ...text, default: '2525' },
        data: { ...text, default: join(root, 'data') },
        config: { ...text, default: join(root, 'deploy/demo') },
        bin: { ...text, default: join(root, 'dist/bin') },
        help: { type: 'boolean', default: false },
      },
    }).values
  } catch (err) {
    console.error(`npm start: ${err.message}\n\n${usage}`)
    process.exit(1)
  }
}

const options = parseOptions()
if (options.help) {
  console.log(usage)
  process.exit(0)
}
const data = resolve(options.data)

const defaultPorts = {
  'prometheus-port': 9090,
  'alertmanager-port': 9093,
  'pushgateway-port': 9091,
  'node-exporter-port': 9100,
  'webhook-port': 5001,
  'smtp-port': 2525,
}
const listen = (flag) => `--web.listen-address=:${options[flag]}`

const programs = [
  { name: 'node_exporter', flag: 'node-exporter-port', ready: '/', args: () => [] },
  {
    name: 'pushgateway',
    flag: 'pushgateway-port',
    ready: '/-/ready',
    args: () => [`--persistence.file=${join(data, 'pushgateway/metrics')}`],
  },
  {
    name: 'alertmanager',
    flag: 'alertmanager-port',
    ready: '/-/ready',
    args: () => [
      `--config.file=${join(data, 'config/alertmanager.yml')}`,
      `--storage.path=${join(data, 'alertmanager')}`,
      '--cluster.listen-address=',
    ],
  },
  {
    name: 'prometheus',
    flag: 'prometheus-port',
    ready: '/-/ready',
    args: () => [
      `--config.file=${join(data, 'config/prometheus.yml')}`,
      `--storage.tsdb.path=${join(data, 'prometheus')}`,
      '--web.enable-lifecycle',
    ],
  },
]

/** Copies the configuration, with other ports put in where the user chose some. */
function prepareFolders() {
  for (const name of ['prometheus', 'alertmanager', 'pushgateway', 'run']) {
    mkdirSync(join(data, name), { recursive: true })
  }
  const config = join(data, 'config')
  rmSync(config, { recursive: true, force: true })
  cpSync(options.config, config, { recursive: true })
  for (const file of ['prometheus.yml', 'alertmanager.yml']) {
    let text = readFileSync(join(config, file), 'utf8')
    for (const [flag, port] of Object.entries(defaultPorts)) {
      text = text.replaceAll(`localhost:${port}`, `localhost:${options[flag]}`)
    }
    writeFileSync(join(config, file), text)
  }
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port: Number(port), host: '::' }, () => server.close(() => resolve(true)))
  })
}

const running = new Map()
let exitCode
const colors = [36, 33, 35, 32]

function prefixed(name, stream, to, color) {
  let rest = ''
  const width = Math.max(...programs.map((program) => program.name.length))
  const tag = to.isTTY
    ? `\x1b[${color}m${name.padEnd(width)}\x1b[0m | `
    : `${name.padEnd(width)} | `
  stream.setEncoding('utf8')
  stream.on('data', (chunk) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop()
    for (const line of lines) to.write(`${tag}${line}\n`)
  })
  stream.on('end', () => {
    if (rest) to.write(`${tag}${rest}\n`)
  })
}

function startProgram(program, color) {
  const child = spawn(join(options.bin, program.name), [listen(program.flag), ...program.args()], {
    cwd: data,
    stdio: ['ignore', 'pipe', 'pipe'],
    // Own process group: Ctrl-C reaches them through us, in order, and only once.
    detached: true,
  })
  const pidFile = join(data, 'run', `${program.name}.pid`)
  if (child.pid) writeFileSync(pidFile, `${child.pid}\n`)
  prefixed(program.name, child.stdout, process.stdout, color)
  prefixed(program.name, child.stderr, process.stderr, color)
  const state = { child, isReady: false }
  running.set(program.name, state)
  child.once('error', (err) => {
    console.error(`npm start: ${program.name} cannot be started: ${err.message}`)
    running.delete(program.name)
    stopAll(1)
  })
  child.once('exit', (code, signal) => {
    running.delete(program.name)
    rmSync(pidFile, { force: true })
    if (exitCode !== undefined) return
    const isOnPurpose =
      state.isReady && (code === 0 || code === 143 || signal === 'SIGTERM' || signal === 'SIGINT')
    if (!isOnPurpose) {
      console.error(
        `npm start: ${program.name} ended with ${signal ?? `exit code ${code}`}; stopping the others`,
      )
      stopAll(1)
    } else {
      console.log(`npm start: ${program.name} was stopped; the others go on`)
    }
  })
  return state
}

function stopAll(code) {
  if (exitCode !== undefined) return
  exitCode = code
  for (const { child } of running.values()) child.kill('SIGTERM')
  const deadline = Date.now() + STOP_WITHIN_MS
  const timer = setInterval(() => {
    if (running.size > 0 && Date.now() < deadline) return
    for (const { child } of running.values()) child.kill('SIGKILL')
    clearInterval(timer)
    process.exit(exitCode)
  }, 20)
}

async function waitReady(program, state) {
  while (exitCode === undefined && running.has(program.name)) {
    try {
      const answer = await fetch(`http://localhost:${options[program.flag]}${program.ready}`)
      await answer.arrayBuffer()
      if (answer.ok) {
        state.isReady = true
        return
      }
    } catch {
      // Not listening yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

process.on('SIGINT', () => stopAll(0))
process.on('SIGTERM', () => stopAll(0))

for (const program of programs) {
  const port = options[program.flag]
  if (!(await isFree(port))) {
    console.error(
      `npm start: port ${port} of ${program.name} is already in use; ` +
        `choose another with --${program.flag} (npm start -- --${program.flag}=${Number(port) + 10000})`,
    )
    process.exit(1)
  }
}
prepareFolders()
await Promise.all(
  programs.map((program, i) => waitReady(program, startProgram(program, colors[i]))),
)
if (exitCode === undefined) {
  const lines = programs.map(
    ({ name, flag }) => `  ${name.padEnd(14)} http://localhost:${options[flag]}`,
  )
  console.log(`\nThe stack is up. Data in ${data}\n\n${lines.join('\n')}\n\nCtrl-C stops it.\n`)
}
