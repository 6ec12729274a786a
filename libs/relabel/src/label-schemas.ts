/** Schemas of label names, values and sets in configuration files. */
import { isValidLabelName, isValidLabelValue, quoteGo } from '@prom/model'
import { list, map, parsed, type Schema } from '@prom/yaml'

export const labelName: Schema<string> = parsed({
  zero: '',
  parse: (text) =>
    isValidLabelName(text)
      ? { value: text }
      : { error: `${quoteGo(text)} is not a valid label name` },
  print: (name) => name,
})

export const labelNames: Schema<readonly string[]> = list(labelName, {
  typeName: 'model.LabelNames',
  isFlow: true,
})

const labelValue: Schema<string> = {
  ...parsed({
    typeName: 'model.LabelValue',
    zero: '',
    parse: (text) =>
      isValidLabelValue(text)
        ? { value: text }
        : { error: `${quoteGo(text)} is not a valid label value` },
    print: (value) => value,
  }),
  isEmpty: () => false,
}

/** Label names to values; printed sorted. */
export const labelSet: Schema<ReadonlyMap<string, string>> = labelMap('model.LabelSet')

/** As `labelSet`, under another name of Go's in error texts. */
export function labelMap(typeName: string): Schema<ReadonlyMap<string, string>> {
  const values = map(labelValue, typeName)
  return {
    ...values,
    decode(node, scope) {
      const labels = values.decode(node, scope)
      for (const name of labels.keys()) {
        if (!isValidLabelName(name)) {
          scope.fail(node.line, `${quoteGo(name)} is not a valid label name`)
        }
      }
      return labels
    },
  }
}
