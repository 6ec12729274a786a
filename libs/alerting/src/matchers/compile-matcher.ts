import { Matcher, type MatchType } from '@prom/labels'

/** A matcher of a parsed text. Throws with the pattern shown as the original compiles it, anchors included. */
export function compileMatcher(type: MatchType, name: string, value: string): Matcher {
  try {
    return new Matcher(type, name, value)
  } catch (err) {
    const { message } = err as Error
    const place = message.indexOf('`')
    if (place < 0) throw err
    throw new Error(`${message.slice(0, place)}\`^(?:${value})$\``, { cause: err })
  }
}
