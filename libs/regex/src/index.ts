export { AnchoredRegex, RegexError } from './anchored-regex.ts'
export { expandTemplate, type Groups } from './expand-template.ts'
export { SearchRegex } from './search-regex.ts'
