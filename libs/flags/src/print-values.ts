import type { Parameters, Program, Values } from './define.ts'

const UNSHOWN = ['help', 'version']

/** Every flag with its value as text, sorted by name: what `status/flags` answers. Hidden ones too. */
export function printFlagValues<F extends Parameters, C>(
  program: Program<F, C>,
  values: Values<F>,
): Record<string, string> {
  const rows = Object.entries(program.flags)
    .filter(([, { name }]) => !UNSHOWN.includes(name))
    .map(([key, { name, kind }]) => {
      const value = (values as Record<string, unknown>)[key]
      const print = (one: unknown) => (kind.print ? kind.print(one as never) : String(one))
      const zero = kind.print && !kind.isText ? print(0) : ''
      const shown = Array.isArray(value)
        ? value.map(print).join(',')
        : value === undefined
          ? zero
          : print(value)
      return [name, shown] as const
    })
  return Object.fromEntries(rows.sort(([a], [b]) => (a < b ? -1 : 1)))
}
