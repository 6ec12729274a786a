/** `otlp`: how metrics received over OTLP become series. */
import { quoteGo } from '@prom/model'
import { bool, field, type Infer, list, parsed, string, struct } from '@prom/yaml'

const STRATEGIES = [
  'UnderscoreEscapingWithSuffixes',
  'UnderscoreEscapingWithoutSuffixes',
  'NoUTF8EscapingWithSuffixes',
  'NoTranslation',
] as const

export type TranslationStrategy = (typeof STRATEGIES)[number]

const translationStrategy = parsed<TranslationStrategy>({
  typeName: 'config.translationStrategyOption',
  zero: 'UnderscoreEscapingWithSuffixes',
  parse(text) {
    const strategy = STRATEGIES.find((known) => known === text)
    if (strategy !== undefined) return { value: strategy }
    return { error: `unsupported OTLP translation strategy ${quoteGo(text)}` }
  },
  print: (strategy) => strategy,
})

export const otlpConfig = struct(
  'config.plain',
  {
    promoteAllResourceAttributes: field('promote_all_resource_attributes', bool),
    promoteResourceAttributes: field('promote_resource_attributes', list(string)),
    ignoreResourceAttributes: field('ignore_resource_attributes', list(string)),
    translationStrategy: field('translation_strategy', translationStrategy, {
      default: 'UnderscoreEscapingWithSuffixes',
      isAlwaysPrinted: true,
    }),
    keepIdentifyingResourceAttributes: field('keep_identifying_resource_attributes', bool),
    convertHistogramsToNhcb: field('convert_histograms_to_nhcb', bool),
    promoteScopeMetadata: field('promote_scope_metadata', bool),
    labelNameUnderscoreSanitization: field('label_name_underscore_sanitization', bool, {
      default: true,
      isPrintedIfWritten: true,
    }),
    labelNamePreserveMultipleUnderscores: field('label_name_preserve_multiple_underscores', bool, {
      default: true,
      isPrintedIfWritten: true,
    }),
  },
  {
    typeName: 'config.OTLPConfig',
    check(config) {
      if (config.promoteAllResourceAttributes && config.promoteResourceAttributes.length > 0) {
        return "'promote_all_resource_attributes' and 'promote_resource_attributes' cannot be configured simultaneously"
      }
      if (!config.promoteAllResourceAttributes && config.ignoreResourceAttributes.length > 0) {
        return "'ignore_resource_attributes' cannot be configured unless 'promote_all_resource_attributes' is true"
      }
      const promoted = attributesProblem(config.promoteResourceAttributes, 'promoted')
      if (promoted) return `invalid 'promote_resource_attributes': ${promoted}`
      const ignored = attributesProblem(config.ignoreResourceAttributes, 'ignored')
      return ignored && `invalid 'ignore_resource_attributes': ${ignored}`
    },
    finish: (config) => ({
      ...config,
      promoteResourceAttributes: config.promoteResourceAttributes.map((name) => name.trim()),
      ignoreResourceAttributes: config.ignoreResourceAttributes.map((name) => name.trim()),
    }),
  },
)

export type OtlpConfig = Infer<typeof otlpConfig>

function attributesProblem(names: readonly string[], kind: string): string | undefined {
  const seen = new Set<string>()
  for (const name of names.map((name) => name.trim())) {
    if (name === '') return `empty ${kind} OTel resource attribute`
    if (seen.has(name)) return `duplicated ${kind} OTel resource attribute ${quoteGo(name)}`
    seen.add(name)
  }
  return undefined
}
