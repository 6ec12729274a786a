/** Histograms over time: the darker, the more observations fell into that bucket at that step. */
import { useMantineColorScheme } from '@mantine/core'
import { Empty, printTime } from '@prom/ui'
import { useEffect, useMemo, useRef, useState } from 'react'
import { useSetting } from '../settings.ts'
import { cellsOf } from './heatmap-cells.ts'
import type { MatrixRow } from './table.tsx'

const HEIGHT = 420
const LEFT = 72
const BOTTOM = 24

const printBound = (bound: number) =>
  Number.isFinite(bound) ? String(Number(bound.toPrecision(4))) : '+Inf'

export function Heatmap(props: {
  rows: readonly MatrixRow[]
  start: number
  end: number
  step: number
}) {
  const { rows, start, end, step } = props
  const cells = useMemo(() => cellsOf(rows, { start, end, step }), [rows, start, end, step])
  const canvas = useRef<HTMLCanvasElement>(null)
  const { colorScheme } = useMantineColorScheme()
  const [isLocal] = useSetting('settings.useLocalTime')
  const [hover, setHover] = useState<{ column: number; row: number }>()

  // biome-ignore lint/correctness/useExhaustiveDependencies: colorScheme stands for the colours read from the page.
  useEffect(() => {
    const element = canvas.current
    if (!element || !cells) return
    const draw = () => {
      const width = element.clientWidth
      element.width = width * devicePixelRatio
      element.height = HEIGHT * devicePixelRatio
      const context = element.getContext('2d')
      if (!context) return
      context.scale(devicePixelRatio, devicePixelRatio)
      const css = getComputedStyle(document.documentElement)
      const columns = cells.counts.length
      const cellWidth = (width - LEFT) / columns
      const cellHeight = (HEIGHT - BOTTOM) / cells.bounds.length
      const y = (row: number) => HEIGHT - BOTTOM - (row + 1) * cellHeight
      context.fillStyle = css.getPropertyValue('--link')
      cells.counts.forEach((column, i) => {
        column?.forEach((count, row) => {
          if (count <= 0) return
          context.globalAlpha = 0.08 + 0.92 * Math.sqrt(count / cells.max)
          context.fillRect(
            LEFT + i * cellWidth,
            y(row),
            Math.max(1, cellWidth - 0.5),
            Math.max(1, cellHeight - 0.5),
          )
        })
      })
      context.globalAlpha = 1
      context.fillStyle = css.getPropertyValue('--dim')
      context.font = '11px sans-serif'
      context.textAlign = 'right'
      const every = Math.max(1, Math.ceil(16 / cellHeight))
      cells.bounds.forEach((bound, row) => {
        if (row % every === 0)
          context.fillText(printBound(bound), LEFT - 6, Math.max(10, y(row) + 4))
      })
      context.textAlign = 'center'
      for (let i = 0; i <= 6; i++) {
        const at = start + ((end - start) * i) / 6
        const text = printTime(at * 1000, isLocal).slice(11, 19)
        const x = LEFT + ((width - LEFT) * i) / 6
        context.fillText(text, Math.min(width - 28, Math.max(LEFT + 28, x)), HEIGHT - 8)
      }
    }
    draw()
    const resized = new ResizeObserver(draw)
    resized.observe(element)
    return () => resized.disconnect()
  }, [cells, colorScheme, isLocal])

  if (!cells) {
    return (
      <Empty>
        A heat map needs histograms: native ones, or the buckets of classic ones (with the label
        le).
      </Empty>
    )
  }
  const find = (event: React.MouseEvent<HTMLCanvasElement>) => {
    const box = event.currentTarget.getBoundingClientRect()
    const column = Math.floor(
      ((event.clientX - box.left - LEFT) / (box.width - LEFT)) * cells.counts.length,
    )
    const row = Math.floor(
      ((HEIGHT - BOTTOM - (event.clientY - box.top)) / (HEIGHT - BOTTOM)) * cells.bounds.length,
    )
    const isInside = column >= 0 && row >= 0 && row < cells.bounds.length
    setHover(isInside && cells.counts[column] ? { column, row } : undefined)
  }
  return (
    <div style={{ position: 'relative' }}>
      <canvas
        ref={canvas}
        role="img"
        aria-label={`Heat map of ${cells.bounds.length} buckets over ${cells.counts.length} steps`}
        style={{ height: HEIGHT, width: '100%' }}
        onMouseMove={find}
        onMouseLeave={() => setHover(undefined)}
      />
      <p className="mono" aria-live="polite" style={{ minHeight: 18 }}>
        {hover &&
          `${printTime((start + hover.column * step) * 1000, isLocal)}  ${
            hover.row === 0 ? '…' : printBound(cells.bounds[hover.row - 1] as number)
          } to ${printBound(cells.bounds[hover.row] as number)}: ${Number(
            (cells.counts[hover.column]?.[hover.row] ?? 0).toPrecision(6),
          )}`}
      </p>
    </div>
  )
}
