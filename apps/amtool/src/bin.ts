import { runProgram } from '@prom/runtime/node'
import { main } from './main.ts'

runProgram(main)
