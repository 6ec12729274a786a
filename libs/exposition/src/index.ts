export { type ExpositionFormat, negotiateFormat } from './negotiate.ts'
export { writeText } from './write-text.ts'
