/** What is known about wireless interfaces, whoever tells it. */
export interface WifiStation {
  readonly address: string
  readonly connectedNs: number
  readonly inactiveNs: number
  readonly receiveBitrate: number
  readonly transmitBitrate: number
  readonly receivedBytes: number
  readonly transmittedBytes: number
  readonly receivedPackets: number
  readonly transmittedPackets: number
  readonly signal: number
  readonly transmitRetries: number
  readonly transmitFailed: number
  readonly beaconLoss: number
}

export interface WifiInterface {
  readonly name: string
  readonly type: number
  readonly frequencyMhz: number
  readonly bss: { readonly bssid: string; readonly ssid: string } | undefined
  readonly stations: readonly WifiStation[]
}
