/** The metrics explorer: what is there, of which type, and what it means. */
import { Button, Modal, TextInput } from '@mantine/core'
import { Loaded, VirtualList } from '@prom/ui'
import { useMemo, useState } from 'react'
import { useApi } from '../api.ts'

interface Metadata {
  readonly type: string
  readonly help: string
}

interface Metric {
  readonly name: string
  readonly type: string
  readonly help: string
}

const LABELS_MAX = 30
const VALUES_MAX = 5

/** `foo_bucket` has the metadata of `foo`. */
function findMetadata(name: string, all: Readonly<Record<string, readonly Metadata[]>>) {
  const base = name.replace(/_(bucket|count|sum|total|created)$/, '')
  return (all[name] ?? all[base])?.[0]
}

function Labels({ name, onInsert }: { name: string; onInsert: (text: string) => void }) {
  const fetched = useApi<Record<string, string>[]>('/series', {
    'match[]': JSON.stringify({ name }).replace(/^\{"name":(.*)\}$/, '{__name__=$1}'),
    limit: '2000',
  })
  return (
    <Loaded fetched={fetched} what="Labels cannot be shown">
      {(series) => {
        const values = new Map<string, Set<string>>()
        for (const labels of series) {
          for (const [label, value] of Object.entries(labels)) {
            if (label !== '__name__') values.set(label, (values.get(label) ?? new Set()).add(value))
          }
        }
        const sorted = [...values].sort(([, a], [, b]) => b.size - a.size).slice(0, LABELS_MAX)
        return (
          <div style={{ padding: '4px 0 4px 24px' }}>
            <div className="dim">{series.length} series</div>
            {sorted.map(([label, set]) => (
              <div key={label}>
                <strong className="mono">{label}</strong> <span className="dim">{set.size}</span>{' '}
                {[...set].slice(0, VALUES_MAX).map((value) => (
                  <button
                    type="button"
                    className="label mono"
                    key={value}
                    onClick={() => onInsert(`${name}{${label}=${JSON.stringify(value)}}`)}
                  >
                    {value === '' ? '""' : value}
                  </button>
                ))}
                {set.size > VALUES_MAX && <span className="dim">…</span>}
              </div>
            ))}
          </div>
        )
      }}
    </Loaded>
  )
}

function Row({ metric, onInsert }: { metric: Metric; onInsert: (text: string) => void }) {
  const [isOpen, setOpen] = useState(false)
  return (
    <div className="row">
      <div>
        <button
          type="button"
          className="fold"
          aria-expanded={isOpen}
          aria-label={`Labels of ${metric.name}`}
          onClick={() => setOpen(!isOpen)}
        >
          {isOpen ? '▾' : '▸'}
        </button>{' '}
        <span className="mono">{metric.name}</span>{' '}
        {metric.type && <span className="badge unknown">{metric.type}</span>}{' '}
        <Button size="compact-xs" variant="default" onClick={() => onInsert(metric.name)}>
          insert
        </Button>
        <div className="dim">{metric.help}</div>
      </div>
      {isOpen && <Labels name={metric.name} onInsert={onInsert} />}
    </div>
  )
}

export function Explorer({
  onInsert,
  onClose,
}: {
  onInsert: (text: string) => void
  onClose: () => void
}) {
  const [search, setSearch] = useState('')
  const names = useApi<string[]>('/label/__name__/values')
  const metadata = useApi<Record<string, Metadata[]>>('/metadata')
  const metrics = useMemo(
    () =>
      (names.data ?? []).map((name): Metric => {
        const { type = '', help = '' } = findMetadata(name, metadata.data ?? {}) ?? {}
        return { name, type, help }
      }),
    [names.data, metadata.data],
  )
  const shown = useMemo(() => {
    const words = search.toLowerCase().split(/\s+/).filter(Boolean)
    return metrics.filter(({ name, help, type }) => {
      const text = `${name} ${type} ${help}`.toLowerCase()
      return words.every((word) => text.includes(word))
    })
  }, [metrics, search])
  return (
    <Modal opened onClose={onClose} size="80%" title="Metrics">
      <TextInput
        size="xs"
        data-autofocus
        aria-label="Filter by name, type or help"
        placeholder="Filter by name, type or help"
        value={search}
        onChange={(event) => setSearch(event.currentTarget.value)}
      />
      <p className="dim">
        {shown.length} of {metrics.length} metrics
      </p>
      <Loaded fetched={names} what="Metrics cannot be shown">
        {() => (
          <VirtualList
            label="Metrics"
            items={shown}
            keyOf={({ name }) => name}
            estimatePx={48}
            render={(metric) => <Row metric={metric} onInsert={onInsert} />}
          />
        )}
      </Loaded>
    </Modal>
  )
}
