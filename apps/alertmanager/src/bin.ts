import { join } from 'node:path'
import { runProgram } from '@prom/runtime/node'
import { main } from './main.ts'

runProgram((argv, host) => main(argv, host, { uiFolder: join(__dirname, '../alertmanager-ui') }))
