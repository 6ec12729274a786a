/**
 * One query panel and its address parameters, in the original's names and order (`g0.expr`, `g0.tab` ...). Old forms
 * (numeric tabs, stacked, step_input) are read; a value that is none becomes the default.
 */
import { parseDuration, printDuration } from '@prom/ui'

export type Tab = 'table' | 'graph' | 'explain'
export type DisplayMode = 'lines' | 'stacked' | 'heatmap'
export type Density = 'low' | 'medium' | 'high'
export type Resolution =
  | { readonly type: 'auto'; readonly density: Density }
  | { readonly type: 'fixed' | 'custom'; readonly stepMs: number }

export interface PanelState {
  readonly expr: string
  readonly tab: Tab
  /** Undefined: now. */
  readonly endMs: number | undefined
  readonly rangeMs: number
  readonly resolution: Resolution
  readonly displayMode: DisplayMode
  readonly yAxisMin: number | undefined
  readonly isTreeShown: boolean
  readonly areExemplarsShown: boolean
}

const hour = 3_600_000

export const emptyPanel: PanelState = {
  expr: '',
  tab: 'table',
  endMs: undefined,
  rangeMs: hour,
  resolution: { type: 'auto', density: 'medium' },
  displayMode: 'lines',
  yAxisMin: undefined,
  isTreeShown: false,
  areExemplarsShown: false,
}

function readTime(text: string | null): number | undefined {
  if (!text) return undefined
  const ms = Date.parse(`${text.replace(' ', 'T')}${/Z|[+-]\d\d:\d\d$/.test(text) ? '' : 'Z'}`)
  return Number.isNaN(ms) ? undefined : ms
}

function readResolution(get: (name: string) => string | null): Resolution {
  const type = get('res_type')
  const stepMs = Number(get('res_step')) * 1000
  if ((type === 'fixed' || type === 'custom') && stepMs > 0) return { type, stepMs }
  const oldStep = Number(get('step_input')) * 1000
  if (type === null && oldStep > 0) return { type: 'custom', stepMs: oldStep }
  const density = get('res_density')
  return {
    type: 'auto',
    density: density === 'low' || density === 'high' ? density : 'medium',
  }
}

/** The old `stacked` wins over `display_mode`. */
function readMode(stacked: string | null, mode: string | null): DisplayMode {
  if (stacked !== null) return stacked === '1' ? 'stacked' : 'lines'
  return mode === 'stacked' || mode === 'heatmap' ? mode : 'lines'
}

export function readPanels(search: string): PanelState[] {
  const parameters = new URLSearchParams(search)
  const panels: PanelState[] = []
  for (let i = 0; parameters.has(`g${i}.expr`); i++) {
    const get = (name: string) => parameters.get(`g${i}.${name}`)
    const tab = get('tab')
    const stacked = get('stacked')
    const yAxisMin = get('y_axis_min')
    const min = yAxisMin ? Number(yAxisMin) : Number.NaN
    panels.push({
      expr: get('expr') ?? '',
      tab: tab === 'graph' || tab === '0' ? 'graph' : tab === 'explain' ? tab : 'table',
      endMs: readTime(get('moment_input') ?? get('end_input')),
      rangeMs: parseDuration(get('range_input') ?? '') || hour,
      resolution: readResolution(get),
      displayMode: readMode(stacked, get('display_mode')),
      yAxisMin: Number.isFinite(min) ? min : undefined,
      isTreeShown: get('show_tree') === '1',
      areExemplarsShown: get('show_exemplars') === '1',
    })
  }
  return panels
}

export function writePanels(panels: readonly PanelState[]): string {
  const parameters = new URLSearchParams()
  panels.forEach((panel, i) => {
    const set = (name: string, value: string) => parameters.append(`g${i}.${name}`, value)
    set('expr', panel.expr)
    set('show_tree', panel.isTreeShown ? '1' : '0')
    set('tab', panel.tab)
    if (panel.endMs !== undefined) {
      const text = new Date(panel.endMs).toISOString().slice(0, 19).replace('T', ' ')
      set('end_input', text)
      set('moment_input', text)
    }
    set('range_input', printDuration(panel.rangeMs))
    const { resolution } = panel
    set('res_type', resolution.type)
    if (resolution.type === 'auto') set('res_density', resolution.density)
    else set('res_step', String(resolution.stepMs / 1000))
    set('display_mode', panel.displayMode)
    if (panel.yAxisMin !== undefined) set('y_axis_min', String(panel.yAxisMin))
    set('show_exemplars', panel.areExemplarsShown ? '1' : '0')
  })
  return parameters.toString()
}

const pointsOf: Readonly<Record<Density, number>> = { low: 100, medium: 250, high: 750 }

export function stepOf({ resolution, rangeMs }: PanelState): number {
  if (resolution.type !== 'auto') return resolution.stepMs
  return Math.max(1, Math.floor(rangeMs / 1000 / pointsOf[resolution.density])) * 1000
}

/** The ranges the minus and plus buttons walk through. */
export const ranges: readonly number[] =
  '1s 10s 1m 5m 15m 30m 1h 2h 6h 12h 1d 2d 1w 2w 4w 8w 16w 26w 1y 2y'
    .split(' ')
    .map((text) => parseDuration(text) as number)
