import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runProgram } from '@prom/runtime/node'
import { main } from './main.ts'
import { createWorkerThreads } from './worker-threads.ts'

const folder = dirname(fileURLToPath(import.meta.url))

runProgram((argv, host) =>
  main(argv, host, {
    threads: createWorkerThreads(folder),
    uiFolder: join(folder, '../server-ui'),
  }),
)
