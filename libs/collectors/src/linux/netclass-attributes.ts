/** The numbers about a network device, under the names of their files in sysfs. */
import { signedOrUndefined } from '../kernel-number.ts'
import type { Page } from '../page.ts'

/** Adds what `text` knows; a device that says -1 Mbit/s for "unknown" can be left out. */
export function addAttributes(
  page: Page,
  device: string,
  text: (file: string) => string | undefined,
  dropsInvalidSpeed: boolean,
): void {
  for (const [file, name, isCounter] of ATTRIBUTES) {
    const number = numberOf(text(file))
    if (number === undefined) continue
    const help = `Network device property: ${name.slice('node_network_'.length)}`
    const samples = isCounter ? page.counter(name, help, DEVICE) : page.gauge(name, help, DEVICE)
    if (file !== 'speed') samples.add(number, device)
    else if (number >= 0 || !dropsInvalidSpeed) samples.add((number * 1000 * 1000) / 8, device)
  }
}

export function numberOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  return /^0x[0-9a-fA-F]+$/.test(text) ? Number(text) : signedOrUndefined(text)
}

const DEVICE = ['device']
const ATTRIBUTES: readonly (readonly [file: string, name: string, isCounter?: boolean])[] = [
  ['addr_assign_type', 'node_network_address_assign_type'],
  ['carrier', 'node_network_carrier'],
  ['carrier_changes', 'node_network_carrier_changes_total', true],
  ['carrier_up_count', 'node_network_carrier_up_changes_total', true],
  ['carrier_down_count', 'node_network_carrier_down_changes_total', true],
  ['dev_id', 'node_network_device_id'],
  ['dormant', 'node_network_dormant'],
  ['flags', 'node_network_flags'],
  ['ifindex', 'node_network_iface_id'],
  ['iflink', 'node_network_iface_link'],
  ['link_mode', 'node_network_iface_link_mode'],
  ['mtu', 'node_network_mtu_bytes'],
  ['name_assign_type', 'node_network_name_assign_type'],
  ['netdev_group', 'node_network_net_dev_group'],
  ['speed', 'node_network_speed_bytes'],
  ['tx_queue_len', 'node_network_transmit_queue_length'],
  ['type', 'node_network_protocol_type'],
]
