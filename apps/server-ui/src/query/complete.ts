/** Completion of expressions: what the server knows, and queries asked before. */
import type { CompletionContext, CompletionResult } from '@codemirror/autocomplete'
import { type CompleteStrategy, newCompleteStrategy } from '@prometheus-io/codemirror-promql'
import { prefix } from '../place.ts'
import { readSetting } from '../settings.ts'

export function createCompletion(): CompleteStrategy {
  const server = newCompleteStrategy({
    remote: { url: prefix || window.location.origin, cache: {} },
  })
  return {
    destroy: () => server.destroy?.(),
    promQL: async (context: CompletionContext) => {
      const known = await server.promQL(context)
      const asked = readSetting('settings.enableQueryHistory') ? pastQueries(context) : []
      if (asked.length === 0) return known
      const { from = context.pos, options = [], ...rest } = known ?? ({} as CompletionResult)
      return { ...rest, from, options: [...options, ...asked] }
    },
  }
}

/** Past queries replace the whole text; they are offered below what the server knows. */
function pastQueries({ state, explicit }: CompletionContext): CompletionResult['options'] {
  const text = state.doc.toString().trim()
  if (text === '' && !explicit) return []
  return readSetting('queryPage.queryHistory')
    .filter((query) => query !== text && query.includes(text))
    .map((query) => ({
      label: query.length < 80 ? query : `${query.slice(0, 79)}…`,
      detail: 'past query',
      boost: -99,
      apply: (view) =>
        view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: query } }),
    }))
}
