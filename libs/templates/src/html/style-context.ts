/** How CSS text changes the context: strings, url(...), comments. */
import { type Context, EscapeError, type State } from './context.ts'
import { type Step, urlStep } from './transition.ts'

export function styleStep(context: Context, text: string): Step {
  for (let at = 0; at < text.length; at++) {
    const to = (state: State, read: number): Step => ({ context: { ...context, state }, read })
    switch (text[at]) {
      case '(':
        if (/(^|[^A-Za-z0-9_-])url\s*$/i.test(text.slice(0, at))) {
          const space = /^[\t\n\f\r ]*/.exec(text.slice(at + 1))?.[0].length ?? 0
          const start = at + 1 + space
          if (text[start] === '"') return to('stateCSSDqURL', start + 1)
          if (text[start] === "'") return to('stateCSSSqURL', start + 1)
          return to('stateCSSURL', start)
        }
        break
      case '/':
        if (text[at + 1] === '/') return to('stateCSSLineCmt', at + 2)
        if (text[at + 1] === '*') return to('stateCSSBlockCmt', at + 2)
        break
      case '"':
        return to('stateCSSDqStr', at + 1)
      case "'":
        return to('stateCSSSqStr', at + 1)
    }
  }
  return { context, read: text.length }
}

const ENDS: Partial<Record<State, RegExp>> = {
  stateCSSDqStr: /["]/,
  stateCSSDqURL: /["]/,
  stateCSSSqStr: /[']/,
  stateCSSSqURL: /[']/,
  stateCSSURL: /[\t\n\f\r )]/,
}

export function styleStringStep(context: Context, text: string): Step {
  const end = ENDS[context.state] as RegExp
  for (let at = 0; at < text.length; at++) {
    const char = text[at] as string
    if (char === '\\') {
      at++
      if (at === text.length) {
        throw new EscapeError(`unfinished escape sequence in CSS string: ${JSON.stringify(text)}`)
      }
    } else if (end.test(char)) return { context: { ...context, state: 'stateCSS' }, read: at + 1 }
  }
  return { context: urlStep(context, text).context, read: text.length }
}
