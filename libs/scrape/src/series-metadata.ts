import type { HeadWriter } from '@prom/tsdb'
import type { FamilyMetadata, MetadataCache } from './metric-metadata.ts'

/** What a series' name may have after that of its family, by the family's type. */
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  counter: ['_total', '_created'],
  histogram: ['_bucket', '_sum', '_count', '_created'],
  gaugehistogram: ['_bucket', '_gsum', '_gcount'],
  summary: ['_sum', '_count', '_created'],
  info: ['_info'],
}

/** Hands the metadata of a target's families to storage, series by series, when either has changed. */
export class SeriesMetadata {
  #version = -1

  update(
    head: Pick<HeadWriter, 'takesMetadata' | 'labelsOf' | 'setMetadata'>,
    cache: MetadataCache,
    refs: Iterable<number>,
    hasNewSeries: boolean,
  ): void {
    if (!head.takesMetadata || (!hasNewSeries && cache.version === this.#version)) return
    this.#version = cache.version
    for (const ref of refs) {
      const metadata = familyOf(head.labelsOf(ref).get('__name__'), cache)
      if (metadata) head.setMetadata(ref, { ...metadata })
    }
  }
}

function familyOf(name: string, cache: MetadataCache): FamilyMetadata | undefined {
  const exact = cache.get(name)
  if (exact) return exact
  for (let at = name.lastIndexOf('_'); at > 0; at = name.lastIndexOf('_', at - 1)) {
    const family = cache.get(name.slice(0, at))
    if (family && SUFFIXES[family.type]?.includes(name.slice(at))) return family
  }
  return undefined
}
