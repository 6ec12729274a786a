/** The addresses of the network devices of our own namespace. */
import type { CollectorDeps } from '../collector.ts'
import type { Page } from '../page.ts'

export function addAddresses(
  page: Page,
  { system }: CollectorDeps,
  isIgnored: (device: string) => boolean,
): void {
  const samples = page.gauge('node_network_address_info', 'node network address by device', [
    'device',
    'address',
    'netmask',
    'scope',
  ])
  for (const { device, address, prefixLength } of system.addresses()) {
    if (!isIgnored(device)) samples.add(1, device, address, String(prefixLength), scopeOf(address))
  }
}

function scopeOf(address: string): string {
  if (/^(127\.|169\.254\.)/.test(address) || address === '::1') return 'link-local'
  const first = Number.parseInt(address.split(':')[0] || '0', 16)
  if (address.includes(':') && first >= 0xfe80 && first <= 0xfebf) return 'link-local'
  if (/^224\.0\.0\./.test(address) || /^ff.2:/i.test(address)) return 'link-local'
  if (/^ff.1:/i.test(address)) return 'interface-local'
  return 'global'
}
