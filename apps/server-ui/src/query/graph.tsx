/** The graph tab: uPlot on columns, gaps where there is no sample, drag to zoom, a legend that filters. */

import { useMantineColorScheme } from '@mantine/core'
import { Empty, printSeries, printTime } from '@prom/ui'
import { useEffect, useMemo, useRef, useState } from 'react'
import uPlot from 'uplot'
import { useSetting } from '../settings.ts'
import type { MatrixRow } from './table.tsx'

const HEIGHT = 420
const LEGEND_MAX = 500
const hues = {
  light: ['#478fe9', '#b95404', '#4731a3', '#c3817a', '#6c688a', '#603e24', '#470425', '#1d036d'],
  dark: ['#78d4fa', '#f1b518', '#e86c15', '#d5f8a7', '#b58296', '#6c9bec', '#4c5dd9', '#855b30'],
} as const
const dashes = [[], [6, 3], [2, 2], [8, 2, 2, 2]] as const

type Column = (number | null)[]

/** Places samples on the steps; what is missing, NaN or infinite is a gap. */
function toColumns(rows: readonly MatrixRow[], start: number, end: number, step: number) {
  const count = Math.floor((end - start) / step + 1e-6) + 1
  const times = Array.from({ length: count }, (_, i) => start + i * step)
  const columns = rows.map((row) => {
    const column: Column = new Array(count).fill(null)
    const put = (at: number, value: number) => {
      const i = Math.round((at - start) / step)
      if (Number.isFinite(value)) column[i] = value
    }
    for (const [at, text] of row.values ?? []) put(at, Number(text))
    for (const [at, { sum }] of row.histograms ?? []) put(at, Number(sum))
    return column
  })
  return { times, columns }
}

function stack(columns: readonly Column[], isShown: readonly boolean[]): Column[] {
  const sums: number[] = []
  return columns.map((column, s) =>
    isShown[s]
      ? column.map((value, i) => {
          if (value === null) return null
          sums[i] = (sums[i] ?? 0) + value
          return sums[i] as number
        })
      : column.map(() => null),
  )
}

const units: readonly (readonly [number, string])[] = [
  [1e24, 'Y'],
  [1e21, 'Z'],
  [1e18, 'E'],
  [1e15, 'P'],
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
  [1, ''],
  [1e-3, 'm'],
  [1e-6, 'µ'],
  [1e-9, 'n'],
]

/** Ticks with SI suffixes, as many decimals as make them differ. */
function printTicks(values: readonly number[]): string[] {
  for (let decimals = 2; ; decimals++) {
    const texts = values.map((value) => {
      const [size, unit] = units.find(([size]) => Math.abs(value) >= size) ?? [1, '']
      return value === 0 ? '0' : `${(value / size).toFixed(decimals).replace(/\.?0+$/, '')}${unit}`
    })
    if (decimals === 8 || new Set(texts).size === texts.length) return texts
  }
}

/** Each area reaches down to the one below it; the lowest to zero. uPlot counts series from 1. */
function bandsOf(isShown: readonly boolean[]): uPlot.Band[] {
  const shown = isShown.flatMap((is, i) => (is ? [i + 1] : []))
  return shown.slice(1).map((upper, i) => ({ series: [upper, shown[i] as number] }))
}

/** Diamonds, so that they are not taken for samples. */
function drawPoints(plot: uPlot, points: GraphProps['exemplars'], color: string): void {
  const { ctx } = plot
  const size = 4 * devicePixelRatio
  ctx.save()
  ctx.fillStyle = color
  for (const [at, value] of points) {
    const x = plot.valToPos(at, 'x', true)
    const y = plot.valToPos(value, 'y', true)
    const { left, top, width, height } = plot.bbox
    if (x < left || x > left + width || y < top || y > top + height) continue
    ctx.beginPath()
    ctx.moveTo(x, y - size)
    ctx.lineTo(x + size, y)
    ctx.lineTo(x, y + size)
    ctx.lineTo(x - size, y)
    ctx.fill()
  }
  ctx.restore()
}

/** 24-hour clock; the date below where it changes. uPlot's rows: smallest gap, format, and roll-over formats. */
const clockTicks: (string | number | null)[][] = [
  [86_400, '{MMM} {D}', '\n{YYYY}', null, null, null, null, null, 1],
  [60, '{HH}:{mm}', '\n{MMM} {D}', null, '\n{MMM} {D}', null, null, null, 1],
  [1, '{HH}:{mm}:{ss}', '\n{MMM} {D}', null, '\n{MMM} {D}', null, null, null, 1],
  [0.001, '{ss}.{fff}', '\n{HH}:{mm}', null, null, null, '\n{HH}:{mm}', null, 1],
]

export interface GraphProps {
  readonly rows: readonly MatrixRow[]
  /** Seconds. */
  readonly start: number
  readonly end: number
  readonly step: number
  readonly isStacked: boolean
  readonly yAxisMin: number | undefined
  /** Points drawn over the lines: seconds and values. */
  readonly exemplars: readonly (readonly [number, number])[]
  readonly onZoom: (startSeconds: number, endSeconds: number) => void
}

export function Graph(props: GraphProps) {
  const { rows, start, end, step, isStacked, yAxisMin, exemplars, onZoom } = props
  const host = useRef<HTMLDivElement>(null)
  const { colorScheme } = useMantineColorScheme()
  const [isLocal] = useSetting('settings.useLocalTime')
  const [only, setOnly] = useState<number | undefined>()
  const [hover, setHover] = useState<{ series: number; at: number; left: number; top: number }>()
  const names = useMemo(() => rows.map(({ metric }) => printSeries(metric)), [rows])
  const { times, columns } = useMemo(
    () => toColumns(rows, start, end, step),
    [rows, start, end, step],
  )
  const isDark = document.documentElement.dataset.mantineColorScheme === 'dark'
  const palette = hues[isDark ? 'dark' : 'light']
  const color = (i: number) => palette[i % palette.length] as string
  const focus = useRef(0)
  const zoom = useRef(onZoom)
  zoom.current = onZoom

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new result hides nothing.
  useEffect(() => setOnly(undefined), [rows])

  // biome-ignore lint/correctness/useExhaustiveDependencies: colorScheme stands for the colours read from the page.
  useEffect(() => {
    const element = host.current
    if (!element || columns.length === 0) return
    const isShown = columns.map((_, i) => only === undefined || only === i)
    const css = getComputedStyle(document.documentElement)
    const text = css.getPropertyValue('--dim')
    const line = css.getPropertyValue('--line')
    const axis = {
      stroke: text,
      grid: { stroke: line, width: 1 },
      ticks: { stroke: line, width: 1 },
    }
    const shown = isStacked ? stack(columns, isShown) : columns
    const plot = new uPlot(
      {
        width: element.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        focus: { alpha: 0.35 },
        cursor: { focus: { prox: 30 }, drag: { x: true, y: false, setScale: false } },
        ...(isLocal
          ? {}
          : { tzDate: (ts: number) => uPlot.tzDate(new Date(ts * 1000), 'Etc/UTC') }),
        scales: {
          x: { min: start, max: end },
          y: {
            range: (_, min, max) => {
              if (min === null || max === null) return [0, 1]
              const low = yAxisMin ?? (isStacked ? Math.min(0, min) : min)
              const pad = (max - low || Math.abs(max) || 1) * 0.05
              return [yAxisMin ?? (isStacked ? low : low - pad), max + pad]
            },
          },
        },
        axes: [
          { ...axis, values: clockTicks, space: 80 },
          { ...axis, size: 64, values: (_, ticks) => printTicks(ticks) },
        ],
        ...(isStacked && { bands: bandsOf(isShown) }),
        series: [
          {},
          ...columns.map((_, i) => ({
            label: names[i] as string,
            show: isShown[i] as boolean,
            stroke: color(i),
            width: 1,
            dash: [...(dashes[Math.floor(i / palette.length) % dashes.length] ?? [])],
            ...(isStacked && { fill: `${color(i)}66` }),
            points: { show: columns.length < 50 && times.length < 3 },
          })),
        ],
        hooks: {
          draw: [(self) => drawPoints(self, exemplars, css.getPropertyValue('--bad'))],
          setSelect: [
            (self) => {
              if (self.select.width < 4) return
              const from = self.posToVal(self.select.left, 'x')
              const to = self.posToVal(self.select.left + self.select.width, 'x')
              if (to - from >= 1) zoom.current(from, to)
            },
          ],
          setSeries: [
            (_, series) => {
              focus.current = series ?? 0
            },
          ],
          setCursor: [
            (self) => {
              const index = self.cursor.idx
              const focused = focus.current
              if (index === null || index === undefined || focused < 1) setHover(undefined)
              else {
                setHover({
                  series: focused - 1,
                  at: index,
                  left: self.cursor.left ?? 0,
                  top: self.cursor.top ?? 0,
                })
              }
            },
          ],
        },
      },
      [times, ...shown],
      element,
    )
    const resized = new ResizeObserver(() => {
      plot.setSize({ width: element.clientWidth, height: HEIGHT })
    })
    resized.observe(element)
    return () => {
      resized.disconnect()
      plot.destroy()
    }
  }, [columns, only, isStacked, yAxisMin, isLocal, colorScheme, exemplars])

  if (rows.length === 0) return <Empty>The query found no series in this range.</Empty>
  const hovered = hover && rows[hover.series]
  return (
    <div style={{ position: 'relative' }}>
      <div
        ref={host}
        role="img"
        aria-label={`Graph of ${rows.length} series; the legend lists them`}
      />
      {hover && hovered && (
        <div
          className="chart-tip mono"
          style={
            hover.left > 400
              ? { right: `calc(100% - ${hover.left + 56}px)`, top: hover.top + 12 }
              : { left: hover.left + 80, top: hover.top + 12 }
          }
        >
          <div className="dim">{printTime((times[hover.at] ?? 0) * 1000, isLocal)}</div>
          <strong>{columns[hover.series]?.[hover.at] ?? ''}</strong> {names[hover.series]}
        </div>
      )}
      <div className="legend mono">
        {names.slice(0, LEGEND_MAX).map((name, i) => (
          <button
            type="button"
            key={name}
            aria-pressed={only === undefined || only === i}
            onClick={() => setOnly(only === i ? undefined : i)}
          >
            <span className="swatch" style={{ background: color(i) }} />
            {name}
          </button>
        ))}
        {names.length > LEGEND_MAX && (
          <div className="dim">and {names.length - LEGEND_MAX} more series</div>
        )}
      </div>
    </div>
  )
}
