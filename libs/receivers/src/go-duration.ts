import { parseGoDuration, printGoDuration } from '@prom/model'
import { parsed } from '@prom/yaml'

/** A duration in Go's own syntax (`1m30s`, printed `1m0s`), in milliseconds. */
export const goDuration = parsed<number>({
  typeName: 'time.Duration',
  zero: 0,
  parse: (text) => {
    const result = parseGoDuration(text)
    if ('ns' in result) return { value: result.ns / 1e6 }
    return { error: `cannot unmarshal !!str \`${text}\` into time.Duration` }
  },
  print: (ms) => printGoDuration(ms * 1e6),
})
