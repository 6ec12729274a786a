import { type CollectorDeps, defineCollector } from '../collector.ts'
import { errorCode } from '../kernel-files.ts'
import type { Page } from '../page.ts'
import { readWifi } from './nl80211.ts'
import type { WifiInterface, WifiStation } from './wifi-facts.ts'

const NANOSECONDS = 1e9
const MEGAHERTZ = 1e6

export const wifi = defineCollector({
  name: 'wifi',
  isDefault: false,
  flags: [
    {
      name: 'collector.wifi.fixtures',
      kind: 'string',
      fallback: '',
      help: 'test fixtures to use for wifi collector metrics',
    },
  ],
  create: (deps) => {
    const fixtures = deps.flags.string('collector.wifi.fixtures')
    return (page) => {
      const interfaces = fixtures === '' ? readWifi(deps.system) : readFixtures(deps, fixtures)
      for (const one of interfaces) if (one.name !== '') addInterface(page, one)
    }
  },
})

function addInterface(
  page: Page,
  { name, type, frequencyMhz, bss, stations }: WifiInterface,
): void {
  page
    .gauge(
      'node_wifi_interface_frequency_hertz',
      'The current frequency a WiFi interface is operating at, in hertz.',
      ['device'],
    )
    .add(frequencyMhz * MEGAHERTZ, name)
  if (bss) {
    page
      .gauge(
        'node_wifi_station_info',
        'Labeled WiFi interface station information as provided by the operating system.',
        ['device', 'bssid', 'ssid', 'mode'],
      )
      .add(1, name, bss.bssid, bss.ssid, modeOf(type))
  }
  for (const station of stations) addStation(page, name, station)
}

function addStation(page: Page, device: string, station: WifiStation): void {
  for (const [key, name, help, divisor = 1] of STATION) {
    const samples = name.endsWith('_total')
      ? page.counter(name, help, LABELS)
      : page.gauge(name, help, LABELS)
    samples.add((station[key] as number) / divisor, device, station.address)
  }
}

/** The number the kernel has for what an interface is. */
function modeOf(type: number): string {
  if (type === 2) return 'client'
  return type === 1 ? 'ad-hoc' : 'unknown'
}

const LABELS = ['device', 'mac_address']
const STATION: readonly (readonly [
  key: keyof WifiStation,
  name: string,
  help: string,
  divisor?: number,
])[] = [
  [
    'connectedNs',
    'node_wifi_station_connected_seconds_total',
    'The total number of seconds a station has been connected to an access point.',
    NANOSECONDS,
  ],
  [
    'inactiveNs',
    'node_wifi_station_inactive_seconds',
    'The number of seconds since any wireless activity has occurred on a station.',
    NANOSECONDS,
  ],
  [
    'receiveBitrate',
    'node_wifi_station_receive_bits_per_second',
    'The current WiFi receive bitrate of a station, in bits per second.',
  ],
  [
    'transmitBitrate',
    'node_wifi_station_transmit_bits_per_second',
    'The current WiFi transmit bitrate of a station, in bits per second.',
  ],
  [
    'receivedBytes',
    'node_wifi_station_receive_bytes_total',
    'The total number of bytes received by a WiFi station.',
  ],
  [
    'transmittedBytes',
    'node_wifi_station_transmit_bytes_total',
    'The total number of bytes transmitted by a WiFi station.',
  ],
  [
    'signal',
    'node_wifi_station_signal_dbm',
    'The current WiFi signal strength, in decibel-milliwatts (dBm).',
  ],
  [
    'transmitRetries',
    'node_wifi_station_transmit_retries_total',
    'The total number of times a station has had to retry while sending a packet.',
  ],
  [
    'transmitFailed',
    'node_wifi_station_transmit_failed_total',
    'The total number of times a station has failed to send a packet.',
  ],
  [
    'beaconLoss',
    'node_wifi_station_beacon_loss_total',
    'The total number of times a station has detected a beacon loss.',
  ],
  [
    'transmittedPackets',
    'node_wifi_station_transmitted_packets_total',
    'The total number of packets transmitted by a station.',
  ],
  [
    'receivedPackets',
    'node_wifi_station_received_packets_total',
    'The total number of packets received by a station.',
  ],
]

interface Fixture {
  readonly name?: string
  readonly type?: number
  readonly frequency?: number
}

/** Keys are those of the original's structs, in lower case as its decoder takes them. */
function readFixtures({ files }: CollectorDeps, folder: string): WifiInterface[] {
  const read = (name: string): unknown => {
    try {
      return JSON.parse(files.readTextSync(`${folder.replace(/\/$/, '')}/${name}`))
    } catch (err) {
      if (errorCode(err) === 'ENOENT') return undefined
      throw err
    }
  }
  const address = (text: unknown) =>
    [...Buffer.from(String(text), 'base64')]
      .map((byte) => byte.toString(16).padStart(2, '0'))
      .join(':')
  return ((read('interfaces.json') ?? []) as Fixture[]).map((one) => {
    const name = one.name ?? ''
    const bss = name === '' ? undefined : (read(`${name}/bss.json`) as Record<string, unknown>)
    const stations = name === '' ? [] : (read(`${name}/stationinfo.json`) ?? [])
    return {
      name,
      type: one.type ?? 0,
      frequencyMhz: one.frequency ?? 0,
      bss: bss && { bssid: address(bss.bssid), ssid: String(bss.ssid) },
      stations: (stations as Record<string, unknown>[]).map((station) => {
        const number = (key: string) => Number(station[key] ?? 0)
        return {
          address: address(station.hardwareaddr),
          connectedNs: number('connected'),
          inactiveNs: number('inactive'),
          receiveBitrate: number('receivebitrate'),
          transmitBitrate: number('transmitbitrate'),
          receivedBytes: number('receivedbytes'),
          transmittedBytes: number('transmittedbytes'),
          receivedPackets: number('receivedpackets'),
          transmittedPackets: number('transmittedpackets'),
          signal: number('signal'),
          transmitRetries: number('transmitretries'),
          transmitFailed: number('transmitfailed'),
          beaconLoss: number('beaconloss'),
        }
      }),
    }
  })
}
