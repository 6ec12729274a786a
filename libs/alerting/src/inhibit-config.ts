/** The `inhibit_rules` section. */
import { Matcher } from '@prom/labels'
import { quoteGo } from '@prom/model'
import { field, list, type Schema, string, struct } from '@prom/yaml'
import type { InhibitRule } from './inhibitor.ts'
import type { MatcherParser } from './matchers/matcher-parser.ts'
import { matchEquals, matcherList, matchRegexps } from './route-config.ts'

export interface InhibitRuleConfig {
  readonly name: string
  readonly sourceMatch: ReadonlyMap<string, string>
  readonly sourceMatchRe: ReadonlyMap<string, string>
  readonly sourceMatchers: readonly Matcher[]
  readonly targetMatch: ReadonlyMap<string, string>
  readonly targetMatchRe: ReadonlyMap<string, string>
  readonly targetMatchers: readonly Matcher[]
  readonly equal: readonly string[]
}

export function createInhibitSchema(parser: MatcherParser): Schema<InhibitRuleConfig> {
  return struct(
    'config.plain',
    {
      name: field('name', string),
      sourceMatch: field('source_match', matchEquals),
      sourceMatchRe: field('source_match_re', matchRegexps),
      sourceMatchers: field('source_matchers', matcherList(parser)),
      targetMatch: field('target_match', matchEquals),
      targetMatchRe: field('target_match_re', matchRegexps),
      targetMatchers: field('target_matchers', matcherList(parser)),
      equal: field('equal', list(string)),
    },
    {
      typeName: 'config.InhibitRule',
      check: ({ equal }) => {
        const bad = equal.find((name) => !parser.isLabelName(name))
        return bad === undefined ? undefined : `invalid label name ${quoteGo(bad)} in equal list`
      },
    },
  )
}

export function inhibitRule(config: InhibitRuleConfig): InhibitRule {
  return {
    name: config.name,
    sourceMatchers: [
      ...oldMatchers(config.sourceMatch, config.sourceMatchRe),
      ...config.sourceMatchers,
    ],
    targetMatchers: [
      ...oldMatchers(config.targetMatch, config.targetMatchRe),
      ...config.targetMatchers,
    ],
    equal: config.equal,
  }
}

function oldMatchers(
  equals: ReadonlyMap<string, string>,
  patterns: ReadonlyMap<string, string>,
): Matcher[] {
  return [
    ...[...equals].map(([name, value]) => new Matcher('=', name, value)),
    ...[...patterns].map(([name, value]) => new Matcher('=~', name, value)),
  ]
}
