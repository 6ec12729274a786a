/** How metric names are checked and asked for; empty means inherited. */
import type { EscapingScheme, NameScheme } from '@prom/model'
import { quoteGo } from '@prom/model'
import { parsed, type Schema, string } from '@prom/yaml'

export const ESCAPING_SCHEMES: readonly EscapingScheme[] = [
  'allow-utf-8',
  'underscores',
  'dots',
  'values',
]

export const nameValidationScheme = parsed<NameScheme | ''>({
  zero: '',
  parse(text) {
    if (text === '' || text === 'utf8' || text === 'legacy') return { value: text }
    return { error: `unrecognized ValidationScheme: ${quoteGo(text)}` }
  },
  print: (scheme) => scheme,
})

/** Checked where defaults are filled in, as in the original. */
export const nameEscapingScheme: Schema<EscapingScheme | ''> = {
  typeName: 'string',
  decode: (node, scope) => string.decode(node, scope) as EscapingScheme | '',
  encode: (scheme) => scheme,
  zero: () => '',
}
