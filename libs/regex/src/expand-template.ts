/** The groups of one match: by number (0 is the whole) and the number behind each name. */
export interface Groups {
  readonly values: readonly (string | undefined)[]
  readonly names: Readonly<Record<string, number>>
}

const NUMBER_MAX = 1e8

/**
 * Expands `$1`, `${1}`, `$name`, `${name}` and `$$` as Go's regexp.Expand does: the longest name counts (`$1x` is
 * the group named "1x"), a missing group is empty, a malformed reference stays as it is.
 */
export function expandTemplate(template: string, groups: Groups): string {
  let out = ''
  let at = 0
  for (;;) {
    const dollar = template.indexOf('$', at)
    if (dollar < 0) return out + template.slice(at)
    out += template.slice(at, dollar)
    at = dollar + 1
    if (template[at] === '$') {
      out += '$'
      at++
      continue
    }
    const reference = /^(?:\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/u.exec(template.slice(at))
    if (!reference) {
      out += '$'
      continue
    }
    at += reference[0].length
    out += groupText(reference[1] ?? (reference[2] as string), groups)
  }
}

function groupText(name: string, { values, names }: Groups): string {
  if (/^(0|[1-9][0-9]*)$/.test(name)) {
    const number = Number(name)
    return number < NUMBER_MAX ? (values[number] ?? '') : ''
  }
  const index = Object.hasOwn(names, name) ? names[name] : undefined
  return index === undefined ? '' : (values[index] ?? '')
}
