/** One query: editor, tabs, time and resolution, result. Asks only when told to. */

import { Button, Checkbox, Menu, SegmentedControl, Select, TextInput } from '@mantine/core'
import { Failure, parseDuration, printDuration } from '@prom/ui'
import { useEffect, useMemo, useState } from 'react'
import { getApi, useApi } from '../api.ts'
import { readSetting, useSetting, writeSetting } from '../settings.ts'
import { Editor } from './editor.tsx'
import { ExemplarTable, exemplarPoints, useExemplars } from './exemplars.tsx'
import { Explain } from './explain.tsx'
import { Explorer } from './explorer.tsx'
import { type ExprNode, printExpr } from './expr-tree.ts'
import { Graph } from './graph.tsx'
import { Heatmap } from './heatmap.tsx'
import { type Density, type PanelState, ranges, stepOf } from './panel-state.ts'
import { type QueryData, ResultTable } from './table.tsx'
import { ExprTree } from './tree.tsx'

const HISTORY_MAX = 50

function remember(expr: string): void {
  if (!expr.trim() || /^[a-zA-Z_:][\w:]*$/.test(expr.trim())) return
  const kept = readSetting('queryPage.queryHistory').filter((old) => old !== expr)
  writeSetting('queryPage.queryHistory', [expr, ...kept].slice(0, HISTORY_MAX))
}

function TimeField({
  panel,
  change,
}: {
  panel: PanelState
  change: (next: Partial<PanelState>) => void
}) {
  const printed =
    panel.endMs === undefined
      ? ''
      : new Date(panel.endMs).toISOString().slice(0, 19).replace('T', ' ')
  const [text, setText] = useState(printed)
  useEffect(() => setText(printed), [printed])
  const shift = (by: number) =>
    change({ endMs: (panel.endMs ?? Date.now()) + (by * panel.rangeMs) / 2 })
  const commit = () => {
    const ms = Date.parse(`${text.trim().replace(' ', 'T')}Z`)
    if (text.trim() === '') change({ endMs: undefined })
    else if (Number.isNaN(ms)) setText(printed)
    else if (ms !== panel.endMs) change({ endMs: ms })
  }
  return (
    <>
      <Button size="compact-xs" variant="default" aria-label="Earlier" onClick={() => shift(-1)}>
        ‹
      </Button>
      <TextInput
        size="xs"
        w={170}
        aria-label="Time, UTC"
        placeholder="now (UTC)"
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onBlur={commit}
        onKeyDown={(event) => event.key === 'Enter' && commit()}
      />
      <Button size="compact-xs" variant="default" aria-label="Later" onClick={() => shift(1)}>
        ›
      </Button>
      {panel.endMs !== undefined && (
        <Button size="compact-xs" variant="default" onClick={() => change({ endMs: undefined })}>
          now
        </Button>
      )}
    </>
  )
}

function RangeField({
  panel,
  change,
}: {
  panel: PanelState
  change: (next: Partial<PanelState>) => void
}) {
  const printed = printDuration(panel.rangeMs)
  const [text, setText] = useState(printed)
  useEffect(() => setText(printed), [printed])
  const commit = () => {
    const ms = parseDuration(text.trim())
    if (ms) change({ rangeMs: ms })
    else setText(printed)
  }
  const smaller = ranges.findLast((ms) => ms < panel.rangeMs)
  const larger = ranges.find((ms) => ms > panel.rangeMs)
  return (
    <>
      <Button
        size="compact-xs"
        variant="default"
        aria-label="Shorter range"
        disabled={!smaller}
        onClick={() => smaller && change({ rangeMs: smaller })}
      >
        −
      </Button>
      <TextInput
        size="xs"
        w={72}
        aria-label="Range"
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onBlur={commit}
        onKeyDown={(event) => event.key === 'Enter' && commit()}
      />
      <Button
        size="compact-xs"
        variant="default"
        aria-label="Longer range"
        disabled={!larger}
        onClick={() => larger && change({ rangeMs: larger })}
      >
        +
      </Button>
    </>
  )
}

export function Panel({
  panel,
  onChange,
  onRemove,
  onDuplicate,
}: {
  panel: PanelState
  onChange: (next: PanelState) => void
  onRemove: () => void
  onDuplicate: () => void
}) {
  const [draft, setDraft] = useState(panel.expr)
  const [run, setRun] = useState({ count: 0, atMs: Date.now() })
  const [notice, setNotice] = useState<string>()
  const [isShowingWarnings] = useSetting('settings.showQueryWarnings')
  const [isShowingInfos] = useSetting('settings.showQueryInfoNotices')
  const [isExploring, setExploring] = useState(false)
  /** A part of the expression that is looked at instead of the whole. */
  const [part, setPart] = useState<ExprNode>()
  useEffect(() => {
    setDraft(panel.expr)
    setPart(undefined)
  }, [panel.expr])

  const change = (next: Partial<PanelState>) => {
    setRun(({ count }) => ({ count: count + 1, atMs: Date.now() }))
    onChange({ ...panel, ...next })
  }
  const execute = (expr: string) => {
    remember(expr)
    setNotice(undefined)
    change({ expr })
  }

  const end = Math.round(panel.endMs ?? run.atMs) / 1000
  const start = end - panel.rangeMs / 1000
  const step = stepOf(panel) / 1000
  const isAsking = panel.expr.trim() !== ''
  const isGraph = panel.tab === 'graph'
  const isExplain = panel.tab === 'explain'
  const query = part && panel.isTreeShown ? printExpr(part) : panel.expr
  const fetched = useApi<QueryData>(
    isAsking && !isExplain ? (isGraph ? '/query_range' : '/query') : undefined,
    isGraph
      ? { query, start: String(start), end: String(end), step: String(step), stats: 'true' }
      : { query, time: String(end), stats: 'true' },
  )
  const areExemplarsShown = isAsking && isGraph && panel.areExemplarsShown
  const exemplars = useExemplars(query, start, end, areExemplarsShown)
  const points = useMemo(
    () => (areExemplarsShown ? exemplarPoints(exemplars.data) : []),
    [areExemplarsShown, exemplars.data],
  )
  const { data } = fetched
  const isOfTab =
    data && (data.resultType === 'matrix') === (isGraph || data.resultType === 'matrix')

  const isMatrix = !fetched.error && isGraph && data?.resultType === 'matrix'

  const format = async () => {
    try {
      const { data: text } = await getApi<string>('/format_query', { query: draft })
      if (text !== undefined) setDraft(text)
    } catch (err) {
      setNotice((err as Error).message)
    }
  }

  return (
    <section className="panel" aria-label="Query">
      <div className="panel-head">
        <Editor value={draft} onChange={setDraft} onRun={execute} />
        <Button size="xs" onClick={() => execute(draft)}>
          Execute
        </Button>
        <Menu position="bottom-end">
          <Menu.Target>
            <Button size="xs" variant="default" aria-label="More">
              ⋮
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item disabled={!draft.trim()} onClick={format}>
              Format expression
            </Menu.Item>
            <Menu.Item onClick={() => setExploring(true)}>Explore metrics</Menu.Item>
            <Menu.Item onClick={() => onChange({ ...panel, isTreeShown: !panel.isTreeShown })}>
              {panel.isTreeShown ? 'Hide the tree' : 'Show as a tree'}
            </Menu.Item>
            <Menu.Item onClick={onDuplicate}>Duplicate query</Menu.Item>
            <Menu.Item onClick={onRemove}>Remove query</Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </div>
      <div className="panel-controls">
        <SegmentedControl
          size="xs"
          aria-label="View"
          value={panel.tab}
          data={[
            { value: 'table', label: 'Table' },
            { value: 'graph', label: 'Graph' },
            { value: 'explain', label: 'Explain' },
          ]}
          onChange={(tab) => change({ tab: tab as PanelState['tab'] })}
        />
        {isGraph && <RangeField panel={panel} change={change} />}
        <TimeField panel={panel} change={change} />
        {isGraph && (
          <>
            <Select
              size="xs"
              w={150}
              aria-label="Resolution"
              allowDeselect={false}
              value={
                panel.resolution.type === 'auto'
                  ? panel.resolution.density
                  : String(panel.resolution.stepMs)
              }
              data={[
                { value: 'low', label: 'Low resolution' },
                { value: 'medium', label: 'Medium resolution' },
                { value: 'high', label: 'High resolution' },
                ...[10_000, 30_000, 60_000, 300_000, 900_000, 3_600_000].map((ms) => ({
                  value: String(ms),
                  label: `every ${printDuration(ms)}`,
                })),
                ...(panel.resolution.type === 'custom'
                  ? [
                      {
                        value: String(panel.resolution.stepMs),
                        label: `every ${printDuration(panel.resolution.stepMs)} `,
                      },
                    ]
                  : []),
              ].filter((item, i, all) => all.findIndex(({ value }) => value === item.value) === i)}
              onChange={(value) =>
                value &&
                change({
                  resolution: /^\d+$/.test(value)
                    ? { type: 'fixed', stepMs: Number(value) }
                    : { type: 'auto', density: value as Density },
                })
              }
            />
            <SegmentedControl
              size="xs"
              aria-label="Mode"
              value={panel.displayMode}
              data={[
                { value: 'lines', label: 'Lines' },
                { value: 'stacked', label: 'Stacked' },
                { value: 'heatmap', label: 'Heat map' },
              ]}
              onChange={(mode) =>
                onChange({ ...panel, displayMode: mode as PanelState['displayMode'] })
              }
            />
            <Checkbox
              size="xs"
              label="Exemplars"
              checked={panel.areExemplarsShown}
              onChange={(event) =>
                onChange({ ...panel, areExemplarsShown: event.currentTarget.checked })
              }
            />
          </>
        )}
        <span style={{ flex: 1 }} />
        {data && !isExplain && !fetched.isLoading && (
          <span className="dim">
            {Math.round(fetched.tookMs)} ms
            {(data.resultType === 'vector' || data.resultType === 'matrix') && (
              <> · {data.result.length} series</>
            )}
            {data.stats && <> · {data.stats.samples.totalQueryableSamples} samples read</>}
            {isGraph && <> · step {printDuration(stepOf(panel))}</>}
          </span>
        )}
      </div>
      <div
        className={`panel-body${fetched.isLoading ? ' veil' : ''}`}
        aria-busy={fetched.isLoading}
      >
        {notice && <Failure what="Cannot format" error={notice} />}
        {fetched.error && <Failure what="Error executing query" error={fetched.error} />}
        {isShowingWarnings &&
          fetched.warnings.map((text) => (
            <div className="notice bad" key={text}>
              {text}
            </div>
          ))}
        {isShowingInfos &&
          fetched.infos.map((text) => (
            <div className="notice warning" key={text}>
              {text}
            </div>
          ))}
        {!isAsking && <p className="dim">No data queried yet.</p>}
        {isAsking && panel.isTreeShown && !isExplain && (
          <ExprTree
            query={panel.expr}
            time={String(end)}
            selected={part}
            onSelect={(node) => setPart(node === part ? undefined : node)}
          />
        )}
        {isAsking && isExplain && <Explain query={panel.expr} time={String(end)} />}
        {!fetched.error && data && isOfTab && !isGraph && !isExplain && <ResultTable data={data} />}
        {isMatrix && panel.displayMode === 'heatmap' && (
          <Heatmap rows={data.result} start={start} end={end} step={step} />
        )}
        {isMatrix && panel.displayMode !== 'heatmap' && (
          <Graph
            rows={data.result}
            start={start}
            end={end}
            step={step}
            isStacked={panel.displayMode === 'stacked'}
            yAxisMin={panel.yAxisMin}
            exemplars={points}
            onZoom={(from, to) =>
              change({ endMs: Math.round(to * 1000), rangeMs: Math.round(to - from) * 1000 })
            }
          />
        )}
        {areExemplarsShown && <ExemplarTable fetched={exemplars} />}
      </div>
      {isExploring && (
        <Explorer
          onClose={() => setExploring(false)}
          onInsert={(text) => {
            setExploring(false)
            setDraft(draft.trim() === '' ? text : `${draft} ${text}`)
          }}
        />
      )}
    </section>
  )
}
