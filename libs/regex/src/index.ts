export { AnchoredRegex, RegexError } from './anchored-regex.ts'
