/** `promtool promql format` and `promql label-matchers set|delete`. */
import { Matcher, type MatchType } from '@prom/labels'
import { type Expr, formatExpr, parseExpr, selectorsOf } from '@prom/promql-syntax'
import { type Context, EXIT_FAILURE, EXIT_OK, promqlOptions } from '../context.ts'

export async function promqlFormat(
  { query }: { readonly query: string },
  context: Context,
): Promise<number> {
  return edit(query, context, () => {})
}

export async function promqlSetMatcher(
  values: {
    readonly query: string
    readonly name: string
    readonly value: string
    readonly type: MatchType
  },
  context: Context,
): Promise<number> {
  return edit(values.query, context, (expr) => {
    const matcher = new Matcher(values.type, values.name, values.value)
    for (const selector of selectorsOf(expr)) {
      const { matchers } = selector
      const isThere = matchers.some(({ name }) => name === values.name)
      selector.matchers = isThere
        ? matchers.map((known) => (known.name === values.name ? matcher : known))
        : [...matchers, matcher]
    }
  })
}

export async function promqlDeleteMatcher(
  { query, name }: { readonly query: string; readonly name: string },
  context: Context,
): Promise<number> {
  return edit(query, context, (expr) => {
    for (const selector of selectorsOf(expr)) {
      selector.matchers = selector.matchers.filter((matcher) => matcher.name !== name)
    }
  })
}

function edit(query: string, context: Context, change: (expr: Expr) => void): number {
  const { stdout, stderr } = context.host
  try {
    const expr = parseExpr(query, promqlOptions(context))
    change(expr)
    stdout.write(`${formatExpr(expr)}\n`)
    return EXIT_OK
  } catch (err) {
    stderr.write(`${(err as Error).message}\n`)
    return EXIT_FAILURE
  }
}
