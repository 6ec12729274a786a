import { defineCollector } from '../collector.ts'
import type { KernelFiles } from '../kernel-files.ts'
import { parseUnsigned } from '../kernel-number.ts'
import type { Page } from '../page.ts'

const CARDS = 'class/drm'

const FILES = [
  ['gpu_busy_percent', 'node_drm_gpu_busy_percent', 'How busy the GPU is as a percentage.'],
  [
    'mem_info_gtt_total',
    'node_drm_memory_gtt_size_bytes',
    'The size of the graphics translation table (GTT) block in bytes.',
  ],
  [
    'mem_info_gtt_used',
    'node_drm_memory_gtt_used_bytes',
    'The used amount of the graphics translation table (GTT) block in bytes.',
  ],
  [
    'mem_info_vis_vram_total',
    'node_drm_memory_vis_vram_size_bytes',
    'The size of visible VRAM in bytes.',
  ],
  [
    'mem_info_vis_vram_used',
    'node_drm_memory_vis_vram_used_bytes',
    'The used amount of visible VRAM in bytes.',
  ],
  ['mem_info_vram_total', 'node_drm_memory_vram_size_bytes', 'The size of VRAM in bytes.'],
  ['mem_info_vram_used', 'node_drm_memory_vram_used_bytes', 'The used amount of VRAM in bytes.'],
] as const

/** Graphics cards driven by amdgpu; other drivers do not tell these facts. */
export const drm = defineCollector({
  name: 'drm',
  isDefault: false,
  create:
    ({ sys }) =>
    (page) => {
      for (const card of sys.listIfThere(CARDS) ?? []) {
        if (!/^card\d+$/.test(card)) continue
        const folder = `${CARDS}/${card}/device`
        if (isAmd(sys, folder)) addCard(page, sys, folder, card)
      }
    },
})

function isAmd(sys: KernelFiles, folder: string): boolean {
  return (sys.attributeIfThere(`${folder}/uevent`) ?? '').includes('DRIVER=amdgpu')
}

function addCard(page: Page, sys: KernelFiles, folder: string, card: string): void {
  const text = (name: string) => sys.attributeIfThere(`${folder}/${name}`) ?? ''
  page
    .gauge('node_drm_card_info', 'Card information', [
      'card',
      'memory_vendor',
      'power_performance_level',
      'unique_id',
      'vendor',
    ])
    .add(
      1,
      card,
      text('mem_info_vram_vendor'),
      text('power_dpm_force_performance_level'),
      text('unique_id'),
      'amd',
    )
  for (const [file, name, help] of FILES) {
    page.gauge(name, help, ['card']).add(parseUnsigned(sys.attribute(`${folder}/${file}`)), card)
  }
}
