/** `/scrape_pools/config` and `/targets/relabel_steps`: how jobs are set up, and what their rules do to a target. */
import { Labels } from '@prom/labels'
import { type RelabelRule, relabel } from '@prom/relabel'
import { type ScrapeConfig, scrapeConfig } from '@prom/scrape'
import { encodeYaml } from '@prom/yaml'
import { ApiError } from './api-error.ts'
import type { Endpoint } from './envelope.ts'

export type JobsView = () => readonly ScrapeConfig[]

export function createScrapePoolConfig(jobs: JobsView): Endpoint {
  return ({ params }) => {
    const job = findJob(jobs, params, 'error retrieving scrape config')
    return { data: { yaml: encodeYaml(scrapeConfig.encode(job) ?? {}) } }
  }
}

export function createRelabelSteps(jobs: JobsView): Endpoint {
  return ({ params }) => {
    const job = findJob(jobs, params, 'error retrieving scrape config')
    return { data: { steps: relabelSteps(readLabels(params.get('labels') ?? ''), job) } }
  }
}

function findJob(jobs: JobsView, params: URLSearchParams, context: string): ScrapeConfig {
  const name = params.get('scrapePool') ?? ''
  if (name === '') throw new ApiError('bad_data', 'no scrapePool parameter provided')
  const job = jobs().find(({ jobName }) => jobName === name)
  if (job) return job
  throw new ApiError('bad_data', `${context}: scrape pool "${name}" not found`)
}

function readLabels(text: string): Labels {
  if (text === '') throw new ApiError('bad_data', 'no labels parameter provided')
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (err) {
    throw new ApiError('bad_data', `error parsing labels: ${(err as Error).message}`)
  }
  const entries = parsed !== null && typeof parsed === 'object' ? Object.entries(parsed) : []
  const isFlat = !Array.isArray(parsed) && entries.every(([, value]) => typeof value === 'string')
  if (!isFlat || (entries.length === 0 && text.trim() !== '{}')) {
    throw new ApiError('bad_data', 'error parsing labels: not an object of strings')
  }
  return Labels.from(Object.fromEntries(entries) as Record<string, string>)
}

/** After a rule drops the target, the remaining steps have nothing to work on. */
function relabelSteps(labels: Labels, job: ScrapeConfig) {
  const nameValidation = job.metricNameValidationScheme === 'legacy' ? 'legacy' : 'utf8'
  let current: Labels | undefined = labels
  return job.relabelConfigs.map((rule) => {
    current = current && relabel(current, [rule], { nameValidation })
    return { rule: printRule(rule), output: current?.toObject() ?? {}, keep: current !== undefined }
  })
}

function printRule(rule: RelabelRule) {
  return {
    ...(rule.sourceLabels.length > 0 && { sourceLabels: rule.sourceLabels }),
    separator: rule.separator,
    regex: rule.regex.pattern,
    ...(rule.modulus !== 0 && { modulus: rule.modulus }),
    ...(rule.targetLabel !== '' && { targetLabel: rule.targetLabel }),
    replacement: rule.replacement,
    action: rule.action,
  }
}
