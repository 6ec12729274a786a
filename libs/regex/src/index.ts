export { AnchoredRegex, RegexError } from './anchored-regex.ts'
export { expandTemplate, type Groups } from './expand-template.ts'
