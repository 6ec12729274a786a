/** What `query` gives to a template: a list of samples. */
import { FunctionError } from '../errors.ts'
import { define, type FunctionTable } from '../functions/define.ts'
import {
  compareUtf8,
  GoList,
  type GoMap,
  GoStruct,
  type GoType,
  stringMap,
  type Value,
} from '../values.ts'

const SAMPLE: GoType<GoStruct> = { name: '*template.sample' }
const RESULT: GoType<GoList> = { name: 'template.queryResult', element: '*template.sample' }

/** One row of a query's answer. */
export interface TemplateSample {
  /** Flat name/value pairs. */
  readonly labels: readonly string[]
  readonly value: Value
}

export function queryResult(samples: readonly TemplateSample[]): GoList {
  return new GoList(
    RESULT,
    samples.map(
      ({ labels, value }) => new GoStruct(SAMPLE, { Labels: labelMap(labels), Value: value }),
    ),
  )
}

/** Flat pairs as a Go `map[string]string`. */
export function labelMap(flat: readonly string[]): GoMap {
  const pairs: [string, string][] = []
  for (let i = 0; i + 1 < flat.length; i += 2)
    pairs.push([flat[i] as string, flat[i + 1] as string])
  return stringMap(pairs)
}

function labelOf(sample: Value, name: string): string {
  if (!(sample instanceof GoStruct)) {
    throw new FunctionError('runtime error: invalid memory address or nil pointer dereference')
  }
  return ((sample.fields.Labels as GoMap).entries.get(name) as string | undefined) ?? ''
}

export const sampleFunctions: FunctionTable = {
  first: define(['template.queryResult'], (list) => {
    const first = (list as GoList | null)?.items[0]
    if (first === undefined) {
      throw new FunctionError('first() called on vector with no elements')
    }
    return first
  }),
  label: define(['string', '*template.sample'], (name, sample) => labelOf(sample, name)),
  value: define(['*template.sample'], (sample) => {
    labelOf(sample, '')
    return (sample as GoStruct).fields.Value
  }),
  strvalue: define(['*template.sample'], (sample) => labelOf(sample, '__value__')),
  sortByLabel: define(['string', 'template.queryResult'], (name, list) => {
    const { type, items } = list as GoList
    const sorted = [...items].sort((a, b) => compareUtf8(labelOf(a, name), labelOf(b, name)))
    return new GoList(type, sorted)
  }),
}
